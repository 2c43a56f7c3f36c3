// The Tokens tab: the answer token by token, the card of one of them, the line over all, the microscope.
import { button, counted, make } from '../dom.js';
import { Questions } from '../questions.js';
import { BranchTree } from './branch_tree.js';
import { Microscope } from './microscope.js';
import { ScoreDialog } from './score_dialog.js';
import { drawCard } from './token_card.js';
import { COLOURINGS, tokensOf } from './token_data.js';
import { TokenLine } from './token_line.js';
import { TokenStream, legendOf } from './token_stream.js';

const PAUSE = 200; // milliseconds on a token before its logits are asked for
const RUNNING = 'The lanes are answering. Their tokens are shown when they finish.';

export function mount({ element, trigger, props, watch, signal }) {
  const part = (name) => element.querySelector(`.${name}`);
  const labels = Object.fromEntries(props.samplers.map(({ name, label }) => [name, label]));
  const questions = new Questions(props.logits);
  const scorings = new Questions(props.scores);
  let value = {};
  let tokens = [];
  let at = 0;
  let colouring = COLOURINGS[0];
  let isStale = false; // a run has begun since the tokens were asked for
  let waiting = null;

  const stream = new TokenStream(part('token-stream'), {
    onFocus: look, onHover: (place) => showCard(place ?? at), describedBy: 'token-figures', // of the card
  });
  const line = new TokenLine(part('token-line'), (place) => stream.focus(place));
  const microscope = new Microscope(part('scope'), {
    samplers: props.samplers, presets: props.presets, onApply: (values) => trigger('apply', { values }),
  });

  const tree = new BranchTree(part('token-branches'), {
    onShow: (run) => trigger('back', { lane: value.lane, run }),
    onCompare: (run) => trigger('compare', { lane: value.lane, run }),
  });
  const dialog = new ScoreDialog(element, (text) => trigger('score', scorings.next({ text })));

  function showCard(place) {
    if (tokens[place]) drawCard(part('token-card'), tokens[place], { labels, canBranch: true, params: value.params });
    part('token-card').dataset.place = place;
  }
  // The token that everything below the answer is about.
  function look(place) {
    at = place;
    showCard(place);
    line.mark(place);
    part('scope').hidden = !value.params || tokens[place].id === null;
    if (part('scope').hidden) return;
    microscope.expect({
      token: tokens[place], lane: value.lane, isAlone: value.lanes.length < 2, seed: value.seed, params: value.params,
    });
    clearTimeout(waiting);
    waiting = setTimeout(() => trigger('look', questions.next({ lane: value.lane, run: value.run, place })), PAUSE);
  }

  function colour(chosen) {
    colouring = chosen;
    stream.colour(colouring);
    part('tokens-legend').replaceChildren(...legendOf(colouring));
    part('tokens-colours').replaceChildren(...COLOURINGS.map((one) => button(one.label, {
      title: one.title, dataset: { act: 'colour', key: one.key }, 'aria-pressed': String(one === colouring),
    })));
  }
  function drawLanes() {
    const { lanes = [], lane } = value;
    part('tokens-lanes').hidden = lanes.length < 2;
    part('tokens-lanes').replaceChildren(...lanes.map((label) => button(laneName(label, label === lane), {
      dataset: { act: 'lane', lane: label }, 'aria-pressed': String(label === lane), 'aria-label': `Lane ${label}`,
    })));
  }
  function draw() {
    const isSame = value.run === props.value?.run && value.lane === props.value?.lane;
    const hadFocus = element.contains(document.activeElement) && !element.querySelector(':focus')?.closest('.seg');
    value = props.value || {};
    drawLanes();
    tree.draw(value.lane, value.branches || []);
    part('tokens-note').textContent = value.note || '';
    if (isSame && (value.ids || !value.note)) return;
    part('tokens-body').hidden = !value.ids && (value.lanes || []).length < 2;
    part('tokens-body').toggleAttribute('data-empty', !value.ids);
    tokens = value.ids ? tokensOf(value) : [];
    if (!tokens.length) return;
    at = Math.min(at, tokens.length - 1);
    part('token-prefill').hidden = !value.prefill;
    part('token-prefill').replaceChildren(make('b', 'Prefill'), make('span', value.prefill));
    part('tokens-count').replaceChildren(counted(tokens.length, 'token'),
      make('span.tokens-walk', ' · ', make('kbd', '←'), make('kbd', '→'), ' walk'));
    stream.draw(tokens, at);
    colour(colouring);
    line.draw(tokens, value.distances);
    if (hadFocus) stream.focus(at);
    else look(at);
  }

  function branch(how) {
    at = Number(part('token-card').dataset.place);
    part('tokens-note').textContent = RUNNING;
    document.dispatchEvent(new CustomEvent('playground-branch', { detail: value.lane }));
    trigger(`branch_${value.lane}`, { run: value.run, place: at, ...how });
  }

  element.addEventListener('click', ({ target }) => {
    const node = target.closest('button');
    const { act, key, lane, id } = node?.dataset || {};
    if (act === 'open-score') dialog.open();
    if (act === 'lane') trigger('open', { lane });
    if (act === 'colour') {
      colour(COLOURINGS.find((one) => one.key === key));
      part('tokens-colours').querySelector('[aria-pressed=true]').focus();
    }
    if (act === 'branch') branch({ id: Number(id) });
    if (act === 'redraw') branch({ keeps_seed: node.dataset.seed === 'same' });
  });
  document.addEventListener('playground-run', () => {
    isStale = true;
    if (element.checkVisibility()) part('tokens-note').textContent = RUNNING;
  }, { signal });
  document.addEventListener('playground-changed', () => {
    if (!isStale || !element.checkVisibility() || document.body.classList.contains('running')) return;
    isStale = false;
    trigger('open', { lane: value.lane || '' });
  }, { signal });
  watch('value', draw);
  watch('logits', () => { if (questions.takes(props.logits)) microscope.show(props.logits); });
  watch('scores', () => { if (scorings.takes(props.scores)) dialog.show(props.scores); });
  draw();
}

// The pressed lane has its name after its letter, as its head has it.
function laneName(label, isShown) {
  const name = document.querySelector(`#settings-${label.toLowerCase()} .lane-source option:checked`)?.textContent;
  return isShown && name ? `${label} ${name}` : label;
}
