// Answers side by side: agreement, settings, words, metrics.
import { make, option, saveFile, table } from '../dom.js';

const TAGS = { same: 'span', removed: 'del', added: 'ins' };
const NOTE = 'Lanes of one run share the batch and the prefill. '
  + 'Their times overlap and do not add up.';

// A word diff: what both texts have, and what only one has.
export function words(pieces) {
  return pieces.map((piece) => make(TAGS[piece.kind], piece.text));
}

export function mount({ element, trigger, props, watch }) {
  const body = element.querySelector('.comparison-body');
  function picker(labels, pair) {
    const [first, second] = pair.map((chosen, place) => {
      const select = make(
        'select', { 'aria-label': place ? 'Lane compared' : 'Lane compared with' },
        labels.map((label) => option(label, label, chosen)),
      );
      select.addEventListener('change', () => trigger('pick', { pair: pair.with(place, select.value) }));
      return select;
    });
    return make('div.comparison-pair', make('span', 'Word diff:'), first, make('span', '→'), second);
  }
  function draw() {
    const value = props.value || {};
    const labels = value.labels || [];
    element.querySelector('.comparison-verdict').textContent =
      value.verdict || 'Run at least two lanes to compare them.';
    element.querySelector('.comparison-seeds').textContent = value.seeds || '';
    element.querySelector('[data-act=report]').disabled = !labels.length;
    body.textContent = '';
    if (labels.length < 2) return;
    body.append(
      make('h3', 'Identical answers grouped'),
      make('ul.comparison-groups', value.agreement.map((group) =>
        make('li', make('b', group.lanes), make('span', group.text)))),
      value.settings.length
        ? table('Settings that differ', 'Settings that differ', labels, value.settings)
        : make('p', 'All settings are the same.'),
      picker(labels, value.pair), make('div.comparison-words', words(value.pieces)),
      table('Figures', 'Figures', labels, value.metrics), make('p.comparison-note', NOTE),
    );
  }
  element.addEventListener('click', (event) => {
    if (event.target.closest('[data-act=report]')) trigger('report');
  });
  watch('value', draw);
  watch('report', () => {
    const { html, name } = props.report || {};
    if (html) saveFile(name, html, 'text/html');
  });
  draw();
}
