// The line over the whole answer: each token's uncertainty, and how far another lane's choice was.
import { make } from '../dom.js';
import { bits } from './token_data.js';

const WIDTH = 1000;
const FLOOR = 58;
const TOP = 6;

// The points of a line: one for each value, over the width. most: the value at the top.
export function linePoints(values, most) {
  const step = values.length > 1 ? WIDTH / (values.length - 1) : 0;
  const rise = (FLOOR - TOP) / Math.max(most, 1e-9);
  return values.map((value, place) => [place * step, FLOOR - Math.min(value ?? 0, most) * rise]);
}
// A long answer has more tokens than pixels: of each group only the largest value is drawn.
export function thinned(values, most = 1500) {
  if (values.length <= most) return values;
  const size = values.length / most;
  return Array.from({ length: most }, (_, place) => {
    const group = values.slice(Math.floor(place * size), Math.floor((place + 1) * size));
    return Math.max(...group.map((value) => value ?? 0));
  });
}

function path(points, isArea) {
  const line = points.map(([x, y], place) => `${place ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
  return isArea ? `${line}L${points.at(-1)[0].toFixed(1)} ${FLOOR}L0 ${FLOOR}z` : line;
}

// onPick: gets the place that was clicked.
export class TokenLine {
  constructor(box, onPick) {
    this.box = box;
    box.addEventListener('click', (event) => {
      const chart = event.target.closest('svg');
      if (!chart || !this.tokens?.length) return;
      const { left, width } = chart.getBoundingClientRect();
      const share = (event.clientX - left) / width;
      onPick(Math.round(Math.max(0, Math.min(share, 1)) * (this.tokens.length - 1)));
    });
  }

  // distances: of the value, or undefined.
  draw(tokens, distances) {
    this.tokens = tokens;
    this.distances = distances;
    const values = tokens.map(({ entropy }) => (entropy === null ? null : bits(entropy)));
    this.box.hidden = values.every((value) => value === null);
    const most = Math.max(4, ...thinned(values));
    const points = linePoints(thinned(values), most);
    this.box.querySelector('svg').setAttribute(
      'aria-label', `Uncertainty of each token, up to ${most.toFixed(1)} bits. Click to go to a token.`,
    );
    this.set('area', path(points, true));
    this.set('bits', path(points));
    const others = tokens.map((_, place) => distances?.values[place] ?? null);
    this.set('distance', path(linePoints(others, 1).slice(0, distances?.values.length ?? 0)));
  }

  set(name, d) {
    this.box.querySelector(`.token-line-${name}`).setAttribute('d', d);
  }

  mark(place) {
    const token = this.tokens[place];
    if (!token || this.box.hidden) return;
    const x = this.tokens.length > 1 ? (place * WIDTH) / (this.tokens.length - 1) : 0;
    this.set('marker', `M${x.toFixed(1)} 2V62`);
    const amount = token.entropy === null ? 'unknown' : `${bits(token.entropy).toFixed(1)} bits`;
    const words = this.box.querySelector('p');
    words.replaceChildren(make('b', 'Uncertainty'), `${amount} at token ${place + 1}`);
    if (!this.distances) return;
    words.append(make('span.token-distance', distanceWords(this.distances, place)));
  }
}

export function distanceWords({ lane, values }, place) {
  if (place >= values.length) return `after the divergence from ${lane}`;
  return `${Math.round(100 * values[place])}% different from ${lane}, over the top 20`;
}
