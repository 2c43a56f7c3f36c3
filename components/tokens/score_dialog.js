// Scores an expected answer: how likely each lane's model finds a text that somebody pastes.
import { actButton, counted, make } from '../dom.js';
import { SURPRISE, levelOf, perplexityText, visible } from './token_data.js';

const NOTE = 'Before any sampler: only the model and the prompt matter. The text is scored as an answer to '
  + 'the current messages.';
const COLUMNS = ['Lane', 'Tokens', 'Logprob', 'Per token', 'Perplexity'];

// onScore: gets the text. Once for each mounted tab.
export class ScoreDialog {
  constructor(host, onScore) {
    this.text = make('textarea', { rows: 4, 'aria-label': 'Expected answer', placeholder: 'Paste the answer that you expect …' });
    this.run = actButton('Score', 'score');
    this.result = make('div.score-result', { 'aria-live': 'polite' });
    this.dialog = make('dialog.score-dialog', { 'aria-label': 'Score an answer' },
      make('header', make('h3', 'Score an answer'), actButton('Close', 'close')),
      make('p', NOTE), this.text, this.run, this.result);
    this.dialog.addEventListener('click', ({ target }) => {
      const act = target.closest('[data-act]')?.dataset.act;
      if (act === 'close' || target === this.dialog) this.dialog.close();
      if (act !== 'score') return;
      this.result.textContent = 'Scoring …';
      this.run.disabled = true;
      onScore(this.text.value);
    });
    host.append(this.dialog);
  }

  open() {
    this.dialog.showModal();
    this.text.focus();
  }

  // rows, or an error, as the server sends them.
  show({ rows, error }) {
    this.run.disabled = false;
    if (error) this.result.textContent = error;
    else this.result.replaceChildren(scoreTable(rows), ...rows.filter((row) => row.texts).map(scoredText));
  }
}

function scoreTable(rows) {
  const node = make('table');
  node.createTHead().insertRow().append(...COLUMNS.map((name) => make('th', { scope: 'col' }, name)));
  const body = node.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    line.append(make('th', { scope: 'row' }, row.model ? `${row.lane} · ${row.model}` : row.lane));
    if (row.error) line.append(make('td', { colSpan: COLUMNS.length - 1 }, row.error));
    else {
      const values = [row.texts.length, row.total.toFixed(2), row.mean.toFixed(3), perplexityText(row.perplexity)];
      line.append(...values.map((value) => make('td.num', String(value))));
    }
  }
  return node;
}
function scoredText({ lane, texts, logprobs }) {
  const tokens = texts.map((text, place) => {
    const logprob = logprobs[place];
    return make('span', {
      dataset: { level: levelOf(SURPRISE, { logprob }) }, title: `${visible(text)} · logprob ${logprob.toFixed(3)}`,
    }, text);
  });
  return make('section', { 'aria-label': `Lane ${lane}` },
    make('h4', `Lane ${lane}: ${counted(texts.length, 'token')} by surprise`), make('div.score-tokens', tokens));
}
