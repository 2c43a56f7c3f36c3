// A text area with line numbers and colours: its text is transparent, and a painted copy lies below it.
import { make } from '../dom.js';
import { changedRange, painted } from './constraint_text.js';

export class CodeField {
  // box: holds the numbers, the copy and the text area.
  constructor(box) {
    this.box = box;
    this.field = box.querySelector('textarea');
    this.paint = box.querySelector('.structured-paint');
    this.lines = box.querySelector('.structured-lines');
    this.pieces = []; // as they are drawn
    this.numbered = ''; // the same of the line numbers
    this.field.addEventListener('scroll', () => this.follow());
  }

  // Only what differs, as a schema may have thousands of pieces. wrong: the line of a mistake, from 1.
  draw(kind, wrong) {
    const next = [...painted(this.field.value, kind), ['', '\n']];
    const [start, end] = changedRange(this.pieces, next);
    const range = document.createRange();
    range.setStart(this.paint, start);
    range.setEnd(this.paint, this.pieces.length - end);
    range.deleteContents();
    const fresh = document.createDocumentFragment();
    fresh.append(...next.slice(start, next.length - end).map(([name, text]) => (
      name ? make(`span.paint-${name}`, text) : document.createTextNode(text)
    )));
    range.insertNode(fresh);
    this.pieces = next;
    this.number(wrong);
  }

  number(wrong) {
    const count = this.field.value.split('\n').length;
    if (this.numbered === `${count} ${wrong}`) return;
    this.numbered = `${count} ${wrong}`;
    const text = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, place) => `${from + place}\n`).join('');
    this.lines.replaceChildren(...(wrong && wrong <= count
      ? [text(1, wrong), make('b', `${wrong}\n`), text(wrong + 1, count + 1)] : [text(1, count + 1)]));
  }

  follow() {
    const { scrollTop, scrollLeft } = this.field;
    this.paint.style.transform = `translate(${-scrollLeft}px, ${-scrollTop}px)`;
    this.lines.style.transform = `translateY(${-scrollTop}px)`;
  }

  toStart() {
    this.field.setSelectionRange(0, 0);
    this.field.focus();
    requestAnimationFrame(() => { this.field.scrollTop = 0; }); // Chromium first shows the end
  }
}
