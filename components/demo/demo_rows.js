// The answers of the demo page, a row for each lane.
import { markdownDrawer } from '../answers/markdown.js';
import { drawnOnce, make, setText } from '../dom.js';
import { isBusy } from './demo_lanes.js';
import { looksLikeMarkdown, piecesOf, sizeOf, statusInWords, verdictOf } from './demo_words.js';
import { drawSeen } from './seen_picture.js';

// render: text as Markdown, by the server.
export class DemoRow {
  constructor(label, render) {
    this.label = label;
    const part = (name, kind = 'p', ...facts) => make(`${kind}.demo-${name}`, ...facts);
    this.parts = {
      name: part('name', 'h2'), status: part('status', 'p', { role: 'status' }),
      seen: part('seen', 'figure'), answer: part('answer', 'div'), verdict: part('verdict'),
      problem: part('problem'), figures: part('figures', 'div', { tabIndex: 0, role: 'group', 'aria-label': 'Figures' }),
    };
    const { name, status, seen, answer, verdict, problem, figures } = this.parts;
    const letter = make('span.lane-letter', label, { 'aria-hidden': 'true' });
    this.follow = true;
    answer.addEventListener('scroll', () => {
      this.follow = answer.scrollTop + answer.clientHeight >= answer.scrollHeight - 24;
    });
    this.drawMarkdown = markdownDrawer(render, () => this.toEnd());
    this.drawSeen = drawnOnce((facts) => {
      seen.replaceChildren();
      if (!facts) return;
      const picture = make('div.demo-seen-picture', { role: 'img', 'aria-label': `${facts.name} as the model sees it` });
      seen.append(picture, make('figcaption', 'What it sees'));
      drawSeen(picture, facts.url, facts.plan);
    });
    this.drawFigures = drawnOnce((texts) => figures.replaceChildren(...texts.map((text) => make('span', text))));
    this.node = make('article.demo-row', { dataset: { label } },
      make('div.demo-lane', letter, make('div', name, status)), seen,
      make('div.demo-says', answer, verdict, problem, figures));
  }

  toEnd() {
    const { answer } = this.parts;
    if (this.follow) answer.scrollTop = answer.scrollHeight;
    if (answer.scrollHeight > answer.clientHeight + 1) answer.tabIndex = 0; // arrow keys scroll it
    else answer.removeAttribute('tabindex');
  }

  // lane: null if it has no answer yet. expected: empty if nobody knows what is right.
  draw({ name, lane, image, expected }) {
    const { value = {}, isStale = false } = lane || {};
    const plan = image?.plans.find(({ lanes }) => lanes.split(', ').includes(this.label));
    setText(this.parts.name, name);
    this.node.setAttribute('aria-label', `Answer: ${name}`);
    this.node.dataset.status = value.status || 'idle';
    this.node.dataset.stale = String(isStale);
    setText(this.parts.status, lane ? statusInWords(value) : 'Not run yet');
    this.drawSeen(plan && image.url ? { name: image.name, url: image.url, plan } : null);
    this.drawAnswer(value);
    const verdict = isStale ? null : verdictOf(value, expected, Boolean(image));
    this.parts.verdict.dataset.right = verdict ? String(verdict.right) : '';
    setText(this.parts.verdict, verdict?.words || '');
    setText(this.parts.problem, isStale
      ? 'This answers an earlier question. Run again.' : value.error || '');
    this.drawFigures(lane && !isBusy(value) ? figuresOf(value, plan) : []);
    this.toEnd();
  }

  drawAnswer(value) {
    const { answer } = this.parts;
    const pieces = piecesOf(value);
    const text = pieces.map((piece) => piece.text).join('\n\n');
    answer.dataset.size = sizeOf(text);
    const isMarkdown = pieces.length === 1 && !value.prefill && looksLikeMarkdown(text);
    const kind = isMarkdown ? 'markdown' : 'text';
    if (answer.dataset.kind !== kind) {
      answer.replaceChildren(make(isMarkdown ? 'div.lane-markdown' : 'p'));
      answer.dataset.kind = kind;
    }
    if (isMarkdown) this.drawMarkdown(answer.firstChild, text);
    else setText(answer.firstChild, text);
  }
}

// For those who ask: all that the ordinary page says of the run.
function figuresOf(value, plan) {
  return [
    ...(value.metrics || []).map(([label, number]) => `${label} ${number}`), value.speed,
    plan && `picture ${plan.tokens}`, ...(value.parameters || []), value.not_sent,
  ].filter(Boolean);
}
