// Keys that work everywhere on the page. Capture, so that no text field swallows them.
document.addEventListener('keydown', (event) => {
  const command = event.ctrlKey || event.metaKey;
  const press = (id) => {
    event.preventDefault();
    event.stopPropagation();
    document.querySelector(id)?.click();
  };
  const inResult = event.target.closest?.('.tool-result');
  const go = inResult ? '.lane-pane:focus-within [data-act=results]' : '#run';
  const demo = document.body.classList.contains('demo');
  if (command && event.key === 'Enter') press(go);
  else if (command && event.key === 's' && !demo) press('#session-save');
  else if (event.key === 'Escape' && !event.isComposing) {
    if (!closeByEscape(event)) document.querySelector('#stop')?.click();
  }
  else if (command && event.key === '/') {
    event.preventDefault();
    document.querySelector('.turns .turn:last-child textarea')?.focus();
  }
}, true);

// Light or dark is remembered in this browser; `?__theme=` in the address wins.
function rememberedTheme() {
  try {
    return localStorage.getItem('playground_theme');
  } catch {
    return null;
  }
}
function switchTheme() {
  const dark = document.body.classList.toggle('dark');
  try {
    localStorage.setItem('playground_theme', dark ? 'dark' : 'light');
  } catch {
    // Private windows may forbid storage; the switch still works for this visit.
  }
}
