// Gradio's messages go when their cause has probably gone: when a run begins, and when the page has
// changed after something that a person did later.
let seen = new Map(); // the messages at the last key or click, with their texts

const shown = () => document.querySelectorAll('.toast-body');
function close(node) {
  node.querySelector('[data-testid=toast-close]')?.click();
}

export function clearToasts() {
  for (const node of shown()) close(node);
}
export function clearOldToasts(signal) {
  const note = () => { seen = new Map([...shown()].map((node) => [node, node.textContent])); };
  for (const event of ['keydown', 'pointerdown']) {
    document.addEventListener(event, note, { capture: true, signal });
  }
  document.addEventListener('playground-changed', () => {
    for (const node of shown()) if (seen.get(node) === node.textContent) close(node);
  }, { signal });
}
