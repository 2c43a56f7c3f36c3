// A stretch of an answer as DOM. All text goes into text nodes, and these only grow.
import { button, make, setText } from '../dom.js';
import { stretchOf } from './answer_text.js';

export function newStretch(className = '') {
  const node = make('span', { className });
  const part = button('', { className: 'lane-part', hidden: true, dataset: { act: 'inspect' } });
  node.append(make('span.lane-prefill'), make('span.lane-text'), part, make('span.lane-rest'));
  return node;
}
export function drawStretch(node, value, from, to, mark) {
  const { prefill, text, marked, rest } = stretchOf(value, from, to, mark);
  setText(node.querySelector('.lane-prefill'), prefill);
  setText(node.querySelector('.lane-text'), text);
  setText(node.querySelector('.lane-rest'), rest);
  drawMark(node.querySelector('.lane-part'), mark, marked);
}
export function drawMark(part, mark, text) {
  part.hidden = !mark;
  if (!mark) return;
  setText(part, text || '⏎');
  const words = `Token ${mark.place + 1}: lane ${mark.lane} diverges from lane A here`;
  part.title = `${words}. ${mark.unexplained || 'Click to see why.'}`;
  part.setAttribute('aria-label', `${words}. ${mark.unexplained || 'Show why.'}`);
  part.setAttribute('aria-disabled', String(Boolean(mark.unexplained)));
  part.dataset.act = mark.unexplained ? 'none' : 'inspect';
}
