// Arrow keys in tabs and in groups of buttons. A group has one stop for Tab: its pressed button, else
// its first. Nothing is kept, because components draw their buttons anew.
const GROUP = '[role=group], [role=toolbar]';
const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
let lastKey = '';

// The index of the button that a key leads to; null for other keys.
export function indexAfter(key, index, count) {
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  return key in STEPS ? (index + STEPS[key] + count) % count : null;
}
function buttonsOf(group) {
  return [...group.querySelectorAll('button')].filter((node) =>
    !node.disabled && node.checkVisibility() && node.closest(GROUP) === group);
}
function moveTab(event, list) {
  const tabs = [...list.querySelectorAll('[role=tab]')];
  const next = tabs[indexAfter(event.key, tabs.indexOf(event.target), tabs.length)];
  if (!next) return;
  event.preventDefault();
  next.click();
  next.focus();
}
function moveInGroup(event, group) {
  const buttons = buttonsOf(group);
  const others = buttons.filter((node) => node !== event.target);
  if (event.key === 'Tab') {
    for (const node of others) node.tabIndex = -1;
    setTimeout(() => { for (const node of others) node.removeAttribute('tabindex'); });
    return;
  }
  const next = buttons[indexAfter(event.key, buttons.indexOf(event.target), buttons.length)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
function onKey(event) {
  lastKey = event.key;
  const { target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || !target.matches?.('button')) return;
  const tabs = target.closest('[role=tablist]');
  const group = target.closest(GROUP);
  if (tabs) moveTab(event, tabs);
  else if (group) moveInGroup(event, group);
}
function onFocus({ target, relatedTarget }) {
  const group = lastKey === 'Tab' && target.matches?.('button') && target.closest(GROUP);
  if (!group || group.contains(relatedTarget)) return;
  const buttons = buttonsOf(group);
  (buttons.find((node) => node.getAttribute('aria-pressed') === 'true') || buttons[0])?.focus();
}

export function listenForArrows(signal) {
  document.addEventListener('keydown', onKey, { signal });
  document.addEventListener('pointerdown', () => { lastKey = ''; }, { capture: true, signal });
  document.addEventListener('focusin', onFocus, { signal });
}
