// Keys that work everywhere on the page.
import { button, make } from './dom.js';
import { closeByEscape } from './escape_key.js';

const KEYS = [
  ['Ctrl ⏎', 'Run all lanes'], ['Esc', 'Close what is open, or stop the runs'],
  ['Ctrl S', 'Save a version of the session'], ['Ctrl /', 'Go to the last message'],
  ['Alt ↑ ↓', 'Move the message'], ['Ctrl Z', 'Undo, outside text fields'],
  ['Ctrl Shift Z', 'Redo, outside text fields'], ['← →', 'Switch tabs, or resize at the divider'],
  ['?', 'This list'],
];
const DEMO_KEYS = [
  ['N →', 'Next example'], ['R', 'Run again'], ['Enter', 'Run, in the question'], ['Esc', 'Stop'],
  ['D', 'Figures of the answers'], ['?', 'This list'],
];
const isDemoPage = () => document.body.classList.contains('demo');

export function showShortcuts() {
  if (document.querySelector('dialog[open]')) return;
  const close = button('Close');
  const rows = (isDemoPage() ? DEMO_KEYS : KEYS).flatMap(([key, what]) => [make('dt', make('kbd', key)), make('dd', what)]);
  const dialog = make('dialog.shortcuts', { 'aria-label': 'Keyboard shortcuts' },
    make('h2', 'Keyboard shortcuts'), make('dl', rows), close);
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.querySelector('.gradio-container').append(dialog);
  dialog.showModal();
}
function press(event, id) {
  event.preventDefault();
  event.stopPropagation();
  document.querySelector(id)?.click();
}
export function isTyped(target) {
  return target.matches?.('input, textarea, select, [contenteditable]') ?? false;
}
function onKey(event) {
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key === 'Enter') {
    const inResult = event.target.closest?.('.tool-result');
    press(event, inResult ? '.lane-pane:focus-within [data-act=results]' : '#run');
  } else if (command && event.key === 's' && !isDemoPage()) press(event, '#session-save');
  else if (event.key === 'Escape' && !event.isComposing) {
    if (!closeByEscape(event)) document.querySelector('#stop')?.click();
  } else if (!command && !event.altKey && !isTyped(event.target)) {
    if (event.key === '?') showShortcuts();
  } else if (command && event.key === '/') {
    event.preventDefault();
    document.querySelector('.turns .turn:last-child textarea')?.focus();
  }
}

// Capture, so that no text field swallows them.
export function listenForShortcuts(signal) {
  document.addEventListener('keydown', onKey, { capture: true, signal });
}
