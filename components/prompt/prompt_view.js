// The rendered prompt, token by token: control tokens marked, each token's id on hover.
const box = element.querySelector('.prompt-tokens');
const VISIBLE = { '\n': '⏎\n', '\t': '⇥\t' };
let view = 'text';

// Image placeholders repeat hundreds of times: a run of equal ones is drawn once, with its count.
function grouped(tokens) {
  const groups = [];
  for (const token of tokens) {
    const last = groups.at(-1);
    if (last && token.kind === 'image' && last.token.id === token.id) last.count += 1;
    else groups.push({ token, count: 1 });
  }
  return groups;
}
function draw() {
  const value = props.value || {};
  const tokens = value.tokens || [];
  element.querySelector('.prompt-summary').textContent = value.summary || '';
  element.querySelector('.prompt-note').textContent = value.note || '';
  for (const button of element.querySelectorAll('button[data-view]')) {
    button.setAttribute('aria-pressed', String(button.dataset.view === view));
  }
  box.dataset.view = view;
  box.textContent = '';
  for (const { token, count } of grouped(tokens)) {
    const span = document.createElement('span');
    const times = count > 1 ? ` × ${count}` : '';
    span.className = `prompt-token ${token.kind}`;
    span.title = `id ${token.id}${token.place ? ` · message ${token.place}` : ' · template'}`;
    span.textContent = view === 'ids'
      ? `${token.id}${times} `
      : token.text.replace(/[\n\t]/g, (character) => VISIBLE[character]) + times;
    box.append(span);
  }
}
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  view = button.dataset.view;
  draw();
});
watch('value', draw);
draw();
