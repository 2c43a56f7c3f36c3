// Where a text has variables, to mark them while somebody types. What a run makes of them is
// core/variables.py.
import { make } from '../dom.js';

const VARIABLE = /\{\{[ \t]*([\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*)[ \t]*\}\}/gu;

// The text in pieces; those that are variables have a name.
export function piecesOf(text) {
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(VARIABLE)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: match[0], name: match[1] });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

// Draws the marks that lie below the letters of a field. Without variables nothing is drawn.
export function drawMarks(holder, field) {
  const { value } = field;
  if (holder.dataset.text === value) return;
  holder.dataset.text = value;
  const pieces = value.includes('{{') ? piecesOf(value) : [];
  const isMarked = pieces.some(({ name }) => name);
  holder.replaceChildren(...(isMarked ? pieces.map(({ text, name }) => (name ? make('mark', text) : text)) : []));
  if (isMarked) holder.append('\n'); // a last empty line has a height only with it
  followScroll(holder, field);
}
export function followScroll(holder, field) {
  if (holder.firstChild) holder.style.width = `${field.clientWidth}px`; // without its scroll bar
  holder.scrollTop = field.scrollTop;
}
