// What the demo page says of an answer, in words for people who have never seen the controls.
import { wholeText } from '../answers/answer_text.js';

const UNDER_WAY = { waiting: 'Starting…', prefill: 'Reading…', streaming: 'Writing…', failed: 'Not answered' };
const CUT_OFF = {
  max_new_tokens: 'cut off: the answer reached its length limit',
  context_length: 'cut off: the conversation is too long for the model',
  time_limit: 'cut off: time ran out',
  stopped: 'stopped',
};
const ROLES = { system: 'Instruction', user: 'Person', assistant: 'Model', tool: 'Tool result' };
const NOT_JUDGED = ['stopped', 'time_limit', 'context_length'];

export const secondsInWords = (seconds) => `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} seconds`;

export function statusInWords({ status, place, seconds, stop_reason: reason }) {
  if (status === 'queued') return `Waiting for other answers, position ${place}`;
  if (status !== 'done') return UNDER_WAY[status] || '';
  return [secondsInWords(seconds || 0), CUT_OFF[reason]].filter(Boolean).join(', ');
}

// The answer in pieces of `kind` text or call. Thoughts are left out.
export function piecesOf(value) {
  const whole = wholeText(value);
  const parts = value.parts || [];
  if (!parts.length) return whole ? [{ kind: 'text', text: whole }] : [];
  return parts.flatMap((part) => {
    if (part.kind === 'calls') return (part.calls || []).map((call) => ({ kind: 'call', text: callInWords(call) }));
    const text = whole.slice(part.start, part.end).trim();
    return part.kind === 'text' && text ? [{ kind: 'text', text }] : [];
  });
}
function callInWords({ name, arguments: given }) {
  return [`The model asks for ${name}`, given.map(([key, value]) => `${key}: ${value}`).join(', ')]
    .filter(Boolean).join(' with ');
}

const letters = (character) => /[\p{L}\p{N}]/u.test(character || '');

// Whether the answer holds what is expected, as words of its own: 9164 is not in 19164.
export function isRight(answer, expected) {
  const [text, wanted] = [answer, expected].map((one) => one.trim().replace(/\s+/g, ' '));
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const end = at + wanted.length;
    const startsInside = letters(wanted[0]) && letters(text[at - 1]);
    if (!startsInside && !(letters(wanted.at(-1)) && letters(text[end]))) return true;
  }
  return false;
}

export const roleInWords = (role) => ROLES[role] || role;

// Null where nobody can say. hasPicture: the right answer is to be seen in it.
export function verdictOf(value, expected, hasPicture) {
  if (!expected || value.status !== 'done' || NOT_JUDGED.includes(value.stop_reason)) return null;
  const answer = piecesOf(value).map(({ text }) => text).join(' ');
  if (isRight(answer, expected)) return { right: true, words: 'Right' };
  return { right: false, words: `Wrong: ${hasPicture ? 'the picture says' : 'it should say'} ${expected}` };
}

// How large it is written: `short`, `medium`, `long` or `longest`.
export function sizeOf(text) {
  const { length } = text;
  return length <= 60 ? 'short' : length <= 220 ? 'medium' : length <= 600 ? 'long' : 'longest';
}
export const looksLikeMarkdown = (text) => /(^|\n)\s*([-*#>]|\d+\.)\s|\*\*|```|`[^`]+`/.test(text);

const TIMES = { 2: 'twice', 3: 'three times', 4: 'four times' };
export const timesInWords = (lanes) => (lanes in TIMES ? `Asked ${TIMES[lanes]}, at the same time` : '');

export const isLoopback = (host) => host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host) || host.endsWith('.localhost');

// Where the answers come from. host: in the address of the page.
export function whereInWords({ model, scripted }, host) {
  if (!model) return 'The model is not loaded yet';
  const place = isLoopback(host) ? 'on this computer; nothing leaves it' : `on the server ${host}`;
  return scripted ? 'written in advance, without a model' : place;
}
