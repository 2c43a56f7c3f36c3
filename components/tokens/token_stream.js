// The answer as tokens: one stop for Tab, arrows walk, up and down by line. Draws all of them in one pass.
import { make } from '../dom.js';
import { chunkEnds, flowing, isControl, levelOf, visible } from './token_data.js';

const KEYS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown'];
const PAGE = 50; // tokens
const SAME_LINE = 12; // pixels
const LEVELS = [0, 1, 2, 3, 4];

export function legendOf({ low, high }) {
  return [make('span', low), ...LEVELS.map((level) => make('i', { dataset: { level } })), make('span', high)];
}

// onFocus, onHover: get a place; onHover gets null when the pointer leaves. describedBy: the id of what
// tells of the chosen token, if anything does.
export class TokenStream {
  constructor(box, { onFocus, onHover, describedBy }) {
    this.box = box;
    this.describedBy = describedBy;
    this.nodes = [];
    this.at = 0;
    this.onFocus = onFocus;
    box.addEventListener('keydown', (event) => this.key(event));
    box.addEventListener('click', (event) => {
      const node = event.target.closest('[role=option]');
      if (node) this.focus(Number(node.dataset.place));
    });
    box.addEventListener('pointerover', (event) => {
      const node = event.target.closest('[role=option]');
      if (node && event.pointerType === 'mouse') onHover(Number(node.dataset.place));
    });
    box.addEventListener('pointerleave', () => onHover(null));
  }

  // at: the place of the focused token.
  draw(tokens, at) {
    this.tokens = tokens;
    this.nodes = tokens.map((token) => this.node(token));
    let start = 0;
    this.box.replaceChildren(...chunkEnds(tokens).map((end) => {
      const chunk = make('div.token-chunk', { role: 'presentation' }, this.nodes.slice(start, end).flatMap(withBreak));
      start = end;
      return chunk;
    }));
    this.mark(at);
  }

  node({ place, text, isGiven }) {
    const kinds = [isControl(text) ? 'control' : '', isGiven ? 'given' : ''].filter(Boolean).join(' ');
    const { isSpaced, rest } = kinds.includes('control') ? { rest: text } : flowing(text);
    const node = make('span.token', { role: 'option', tabIndex: -1, dataset: { place } }, rest || (isSpaced ? '' : '∅'));
    if (!rest.trim()) node.setAttribute('aria-label', visible(text));
    if (kinds) node.dataset.kind = kinds;
    if (isSpaced) node.dataset.spaced = '';
    return node;
  }

  colour(colouring) {
    this.tokens.forEach((token, place) => {
      this.nodes[place].dataset.level = levelOf(colouring, token);
      this.nodes[place].toggleAttribute('data-unknown', colouring.of(token) === null);
    });
  }

  mark(place) {
    for (const node of [this.nodes[this.at], this.nodes[place]]) {
      node?.removeAttribute('aria-selected');
      node?.removeAttribute('aria-describedby');
      if (node) node.tabIndex = -1;
    }
    this.at = place;
    const node = this.nodes[place];
    node?.setAttribute('aria-selected', 'true');
    if (this.describedBy) node?.setAttribute('aria-describedby', this.describedBy);
    if (node) node.tabIndex = 0;
  }

  focus(place) {
    const within = Math.max(0, Math.min(place, this.nodes.length - 1));
    this.mark(within);
    this.nodes[within].focus({ preventScroll: true });
    this.nodes[within].scrollIntoView({ block: 'nearest' });
    this.onFocus(within);
  }

  key(event) {
    if (!KEYS.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.focus(this.after(event.key));
  }

  after(key) {
    const last = this.nodes.length - 1;
    switch (key) {
      case 'ArrowLeft': return this.at - 1;
      case 'ArrowRight': return this.at + 1;
      case 'Home': return 0;
      case 'End': return last;
      case 'PageUp': return this.at - PAGE;
      case 'PageDown': return this.at + PAGE;
      default: return placeOnLine((place) => this.nodes[place].getClientRects()[0], this.at, key === 'ArrowUp' ? -1 : 1, last);
    }
  }
}

// Lines may end before a visible space.
const withBreak = (node) => ('spaced' in node.dataset ? [make('wbr'), node] : node);

// The place on the next line (direction 1) or the one before (-1) that is nearest to the middle of `at`.
export function placeOnLine(rectOf, at, direction, last) {
  const middle = ({ left, right }) => (left + right) / 2;
  const from = rectOf(at);
  let [best, nearest, line] = [at, Infinity, null];
  for (let place = at + direction; place >= 0 && place <= last; place += direction) {
    const rect = rectOf(place);
    if (Math.abs(rect.top - from.top) < SAME_LINE) continue;
    line ??= rect.top;
    if (Math.abs(rect.top - line) >= SAME_LINE) break;
    const distance = Math.abs(middle(rect) - middle(from));
    if (distance < nearest) [best, nearest] = [place, distance];
  }
  return best;
}
