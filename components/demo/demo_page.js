// The demo page lies over the ordinary one. It shows an example's question and answers, and hands over
// what a visitor does: a question goes into the last user message, a run is the page's own.
import { make, button, drawnOnce, setText } from '../dom.js';
import { keptDrafts } from '../drafts/workspace.js';
import { pressRun } from '../lanes/press_run.js';
import { isTyped } from '../shortcuts.js';
import { addressOf, cardInAddress, isDemo } from './demo_address.js';
import { demoLanes } from './demo_lanes.js';
import { DemoRow } from './demo_rows.js';
import { showShare } from './demo_share.js';
import { isLoopback, roleInWords, timesInWords, whereInWords } from './demo_words.js';

const OWN = { key: '', name: 'Ask your own question', description: '', how: '', expected: '' };
const invitation = (missing) => (missing
  ? `The model in use has no example called “${missing}”. Choose another one.`
  : 'Choose an example. It runs at once.');

// The one that comes after the card of that key; the first if there is none of that key.
export function nextOf(cards, key) {
  return cards[(cards.findIndex((card) => card.key === key) + 1) % cards.length];
}

export function mount({ element, trigger, props, server, watch, signal }) {
  if (!isDemo()) return;
  const page = element.querySelector('.demo-page');
  const $ = (name) => page.querySelector(`.demo-${name}`);
  const title = page.querySelector('h1');
  const question = $('question');
  const rows = new Map(); // by label
  let card = null; // null until the first values from the server
  let loading = ''; // the key of the example that the server fills in
  const cards = () => props.value?.cards || [];
  let asked = ''; // the question of the last run
  let missing = ''; // the key of the example that the address names and the model does not have
  const isRunning = () => document.body.classList.contains('running');
  const messageField = () =>
    [...document.querySelectorAll('.turns .turn[data-role=user] .turn-text')].at(-1);

  // -- drawing --------------------------------------------------------------------------------
  const drawCards = drawnOnce(([list, key]) => $('cards').replaceChildren(...list.map((one) => button('', {
    dataset: { key: one.key }, ...(one.key === key ? { 'aria-current': 'true' } : {}),
  }, make('b', one.name), make('span', one.description)))));
  const drawPictures = drawnOnce((images) => $('pictures').replaceChildren(...images.map((image) =>
    (image.error ? make('p.demo-problem', image.error) : make('img', { src: image.url, alt: image.name })))));
  const drawEarlier = drawnOnce((earlier) => {
    $('earlier').hidden = !earlier.length;
    $('earlier').replaceChildren(...earlier.map(({ role, text }) =>
      make('li', { dataset: { role } }, make('b', roleInWords(role)), make('span', text))));
  });

  function drawRows() {
    const { lanes = {} } = props.value || {};
    const labels = Object.keys(lanes);
    const wanted = labels.map((label) => {
      if (!rows.has(label)) rows.set(label, new DemoRow(label, (text) => server.render_markdown(text)));
      return rows.get(label).node;
    });
    if (wanted.length !== $('rows').children.length) $('rows').replaceChildren(...wanted);
    $('rows').dataset.lanes = labels.length;
    labels.forEach(drawRow);
    setText($('times'), timesInWords(labels.length));
  }
  function drawRow(label) {
    const { lanes = {}, images = [] } = props.value || {};
    if (!rows.has(label) || !(label in lanes)) return;
    const isCards = question.value.trim() === card?.question?.trim();
    rows.get(label).draw({
      name: Object.keys(lanes).length > 1 ? lanes[label] : 'Answer', lane: demoLanes.of(label),
      image: images[0], expected: isCards ? card.expected : '',
    });
  }
  function drawButtons() {
    const running = isRunning();
    const wasRun = Object.keys(props.value?.lanes || {}).some((label) => demoLanes.of(label));
    const [run, key] = page.querySelector('.demo-run').children;
    setText(run, running ? 'Stop' : wasRun ? 'Run again' : 'Run');
    setText(key, running ? 'Esc' : 'R');
    const next = nextOf(cards(), card?.key);
    $('next').hidden = !next;
    setText($('next').firstElementChild, next ? `${card.key ? 'Next' : 'Start'}: ${next.name}` : '');
  }
  function draw() {
    if (!props.value) return;
    const { model, images, earlier } = props.value;
    const isList = page.dataset.view === 'cards';
    setText(title, isList ? 'What can this model do?' : card.name);
    setText($('about'), isList ? invitation(missing) : card.description);
    setText($('model'), model.split('/').at(-1)); // who made it, or its folder, is a detail
    setText($('where'), whereInWords(props.value, location.hostname));
    $('how').hidden = isList || !card.how;
    setText($('how').querySelector('span'), card.how);
    drawCards([cards(), card.key]);
    drawPictures(images);
    drawEarlier(earlier);
    page.dataset.pictured = String(images.length > 0);
    const text = messageField()?.value ?? '';
    if (question.value !== text) question.value = text;
    drawRows();
    drawButtons();
  }
  function show(view) {
    page.dataset.view = view;
    draw();
    title.focus({ preventScroll: true });
    page.scrollTop = 0;
  }

  // -- what a visitor does --------------------------------------------------------------------
  function pick(key) {
    const found = cards().find((one) => one.key === key);
    if (!found) return;
    card = found;
    missing = '';
    demoLanes.leave();
    page.dataset.loading = 'true'; // until its messages and lanes are there
    show('card');
    if (!loading) load(key);
  }
  // One after another: Gradio drops what is triggered while the server fills in.
  function load(key) {
    loading = key;
    trigger('pick', { key });
  }
  function loaded(isFilledIn) {
    const key = loading;
    loading = '';
    if (card.key !== key) load(card.key);
    else if (isFilledIn) pressRun({ instead: true });
  }
  const ACTS = {
    next: () => pick(nextOf(cards(), card?.key)?.key),
    run: () => (isRunning() ? document.querySelector('#stop').click() : pressRun()),
    cards: () => show('cards'),
    theme: () => document.querySelector('#theme').click(),
    share: () => showShare(page, addressOf(location, card?.key), (address) => server.qr_code(address)),
    details: () => {
      const on = page.dataset.details !== 'true';
      page.dataset.details = String(on);
      page.querySelector('[data-act=details]').setAttribute('aria-pressed', String(on));
      drawRows();
    },
  };
  const KEYS = { n: 'next', ArrowRight: 'next', r: 'run', d: 'details' };

  page.addEventListener('click', ({ target }) => {
    const node = target.closest('[data-act], [data-key]');
    if (node?.dataset.key) pick(node.dataset.key);
    else if (node) ACTS[node.dataset.act]?.();
  });
  question.addEventListener('input', () => {
    const field = messageField();
    if (!field) return;
    field.value = question.value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    drawRows();
  });
  question.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    // Another question takes the place of the one that is being answered, or was a moment ago.
    pressRun({ instead: isRunning() && question.value !== asked });
  });
  document.addEventListener('playground-run', () => { asked = question.value; }, { signal });
  document.addEventListener('keydown', (event) => {
    const { key, target } = event;
    const isCommand = event.ctrlKey || event.metaKey || event.altKey;
    if (isCommand || isTyped(target) || document.querySelector('dialog[open]')) return;
    const act = KEYS[key];
    if (!act || (page.dataset.view === 'cards' && act !== 'next')) return;
    event.preventDefault();
    ACTS[act]();
  }, { signal });

  // -- what the page tells --------------------------------------------------------------------
  demoLanes.changed = (label) => {
    if (!card) return;
    if (demoLanes.of(label)) delete page.dataset.loading;
    drawRow(label);
    drawButtons();
  };
  document.addEventListener('playground-example', ({ detail }) => loaded(detail), { signal });
  document.addEventListener('playground-changed', () => {
    if (!loading) delete page.dataset.loading;
    draw();
  }, { signal });
  // The first values: an example that the address names runs at once. After a reload, the one whose
  // question stands there is shown again.
  function begin() {
    const text = messageField()?.value.trim() ?? '';
    card = cards().find((one) => one.question.trim() === text) || OWN;
    page.dataset.view = text ? 'card' : 'cards';
    draw();
    const key = cardInAddress();
    if (!key) return;
    if (cards().some((one) => one.key === key)) keptDrafts.isOpen.then(() => pick(key));
    else {
      missing = key;
      show('cards');
    }
  }
  watch('value', () => (card ? draw() : begin()));
  page.querySelector('[data-act=share]').hidden = isLoopback(location.hostname);
}
