// Starts a run of all lanes. Gradio's events end a moment after the last answer is drawn. A click in
// that moment is deferred until then, so a click while a run goes on must not get there.
import { revealAnswers } from '../shell.js';

const DOUBLE_CLICK = 300; // milliseconds
let pressed = -Infinity;

// instead: of a run that goes on, which is stopped first; it may have begun a moment ago.
export function pressRun({ instead = false } = {}) {
  const { body } = document;
  const isRunning = body.classList.contains('running');
  const now = Date.now();
  const isRecent = now - pressed < DOUBLE_CLICK;
  if (!instead && (isRunning || isRecent)) return;
  if (!document.dispatchEvent(new Event('playground-press-run', { cancelable: true }))) return;
  pressed = now;
  revealAnswers();
  if (isRunning || isRecent) document.querySelector('#stop').click();
  document.querySelector(`#run-${body.dataset.lanes}`).click();
  const detail = 'ABCD'.slice(0, body.dataset.lanes);
  document.dispatchEvent(new CustomEvent('playground-run', { detail }));
}
export const runEnded = () => { pressed = -Infinity; };
