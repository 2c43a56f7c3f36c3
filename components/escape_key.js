// Esc does one thing: it closes what is open, and only where nothing is open does it stop the runs.
// Components name what they can open; `by` keeps one entry for a component that is shown again.
const closables = new Map();
function closesOnEscape(by, node, close, { within = false } = {}) {
  closables.set(by, { node, close, within });
}
function isOpen({ node, within }) {
  if (!node.isConnected || !node.checkVisibility()) return false;
  if (within && !node.contains(document.activeElement)) return false;
  return node.tagName === 'DETAILS' ? node.open : !node.hidden;
}
// Lists, cells and dialogs that close themselves, as the browser or Gradio does it.
function closesItself(target) {
  if (document.querySelector('dialog[open]')) return true;
  if (target.matches?.('[role=combobox][aria-expanded=true]')) return true;
  return Boolean(target.closest?.('[data-row][data-col]')) && 'value' in target;
}
// Whether something was open: what holds the caret first, else what was named last.
function closeByEscape(event) {
  if (closesItself(event.target)) return true;
  const open = [...closables.values()].filter(isOpen);
  const closable = open.find(({ node }) => node.contains(event.target)) || open.at(-1);
  if (!closable) return false;
  event.preventDefault();
  event.stopPropagation();
  closable.close();
  return true;
}
