// Esc closes what is open. Only if nothing is open does it stop the runs. Components register what they
// can open; `by` keeps one entry for a component that is shown again.
const closables = new Map();

export function closesOnEscape(by, node, close, { within = false } = {}) {
  closables.set(by, { node, close, within });
}

// A menu made of <details>: Esc, a click elsewhere, or moving the focus away closes it.
export function closesAsMenu(by, menu, signal) {
  const close = () => { menu.open = false; };
  closesOnEscape(by, menu, () => {
    close();
    menu.querySelector('summary').focus();
  });
  menu.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) close();
  });
  document.addEventListener('pointerdown', (event) => {
    if (!menu.contains(event.target)) close();
  }, { capture: true, signal });
}

function isOpen({ node, within }) {
  if (!node.isConnected || !node.checkVisibility()) return false;
  if (within && !node.contains(document.activeElement)) return false;
  return node.tagName === 'DETAILS' ? node.open : !node.hidden;
}
// Lists, cells and dialogs that the browser or Gradio closes.
function closesItself(target) {
  if (document.querySelector('dialog[open]')) return true;
  if (target.matches?.('[role=combobox][aria-expanded=true]')) return true;
  return Boolean(target.closest?.('[data-row][data-col]')) && 'value' in target;
}

// What has the focus comes first, then what was registered last.
export function firstToClose(open, target) {
  return open.find(({ node }) => node.contains(target)) || open.at(-1);
}

// Whether something was open.
export function closeByEscape(event) {
  if (closesItself(event.target)) return true;
  const closable = firstToClose([...closables.values()].filter(isOpen), event.target);
  if (!closable) return false;
  event.preventDefault();
  event.stopPropagation();
  closable.close();
  return true;
}
