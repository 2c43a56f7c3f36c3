// The panes of the page: which are open, and how wide the messages are. Everything is an attribute of
// the root element, so folding a pane keeps its text, its focus and its place.
import { stored } from './dom.js';

const LANE = 300; // pixels that a lane needs
const SIDE = 304;
const RAIL = 48;
const STRIP = 45; // with the line next to it
const PHONE = 768; // up to this width one pane shows at a time, as in shell.css
const WIDTHS = { least: 320, most: 720, usual: 420, step: 16 };
const STORE = 'playground_panes';

// What gives way if the lanes do not fit: the messages, then the sidebar, then the single row of lanes.
// chosen: what a person has opened or folded by hand, which stands.
// held: an editor below the messages is open, so they stay and the sidebar goes first.
// extra: pixels that a view needs next to its lanes.
export function fitted({ width, lanes, chosen = {}, held = false, extra = 0 }) {
  const needed = LANE * lanes + extra;
  const isMore = lanes > 1 || extra > 0;
  const messages = chosen.width || WIDTHS.usual;
  const isTight = isMore && width - SIDE - messages - 1 < needed;
  const strip = isTight && !held;
  const rail = isMore ? width - SIDE - STRIP < needed || (isTight && held) : width < 1200;
  const panes = {
    messages: chosen.messages || (strip ? 'strip' : 'open'),
    side: chosen.side || (rail ? 'rail' : 'open'),
  };
  const left = width - (panes.side === 'rail' ? RAIL : SIDE)
    - (panes.messages === 'strip' ? STRIP : messages + 1);
  return { ...panes, rows: lanes > 2 && left < LANE * lanes ? 'two' : 'one' };
}
export const widthIn = (pixels) => Math.max(WIDTHS.least, Math.min(WIDTHS.most, Math.round(pixels)));

const root = () => document.documentElement;
let chosen = stored(() => JSON.parse(localStorage.getItem(STORE))) || {};
let held = false;
let extra = 0;
let lastField = null; // of the messages: folding them drops the focus

export function fit() {
  const lanes = Number(document.body.dataset.lanes || 1);
  Object.assign(root().dataset, fitted({ width: innerWidth, lanes, chosen, held, extra }));
  root().style.setProperty('--messages', `${widthIn(chosen.width || WIDTHS.usual)}px`);
  const split = document.querySelector('.split');
  split?.setAttribute('aria-valuenow', widthIn(chosen.width || WIDTHS.usual));
  const { messages, side, pane } = root().dataset;
  for (const node of document.querySelectorAll('[data-fold]')) {
    const open = node.dataset.fold === 'messages' ? messages === 'open' : side === 'open';
    node.setAttribute('aria-expanded', String(open));
  }
  for (const node of document.querySelectorAll('[data-pane]')) {
    if (node !== root()) node.setAttribute('aria-pressed', String(node.dataset.pane === pane));
  }
}
function choose(changes) {
  chosen = { ...chosen, ...changes };
  stored(() => localStorage.setItem(STORE, JSON.stringify({ width: chosen.width })));
  fit();
}
// On a phone one pane shows at a time.
export function showPane(pane) {
  root().dataset.pane = pane;
  fit();
}
export function holdMessages(on) {
  held = on;
  fit();
}
// For a view with `lanes` columns of its own, and `pixels` next to them; without lanes, for none.
export function makeRoom(lanes = 0, pixels = 0) {
  const more = Math.max(0, lanes - Number(document.body.dataset.lanes || 1));
  extra = lanes ? pixels + LANE * more : 0;
  fit();
}
// Also on a phone, and where the messages were folded.
export function openMessages() {
  if (chosen.messages) choose({ messages: 'open' });
  showPane('messages');
}
function fold(pane) {
  const isOpen = root().dataset[pane] === 'open';
  choose({ [pane]: isOpen ? { messages: 'strip', side: 'rail' }[pane] : 'open' });
  const opener = [...document.querySelectorAll(`[data-fold=${pane}]`)].find((node) => node.checkVisibility());
  if (!isOpen && pane === 'messages' && lastField?.isConnected) lastField.focus();
  else opener?.focus();
}

function dragSplit(event) {
  const { target, pointerId } = event;
  target.setPointerCapture(pointerId);
  const start = document.querySelector('#messages-pane').getBoundingClientRect().left;
  target.onpointermove = ({ clientX }) => choose({ width: widthIn(clientX - start) });
  target.onpointerup = target.onpointercancel = () => { target.onpointermove = null; };
}
function moveSplit(event) {
  const width = chosen.width || WIDTHS.usual;
  const to = {
    ArrowLeft: width - WIDTHS.step, ArrowRight: width + WIDTHS.step, Home: WIDTHS.least, End: WIDTHS.most,
  }[event.key];
  if (to) choose({ width: widthIn(to) });
  else if (event.key === 'Enter') fold('messages');
  else return;
  event.preventDefault();
}
function openTab(name) {
  showPane('answers');
  document.querySelector(`#view-${name}-button`)?.click();
}
// The same for a tab that nobody asked for: not where it would hide what somebody works on.
export function revealTab(name) {
  if (innerWidth > PHONE && !document.body.classList.contains('demo')) openTab(name);
}
// Not instead of tabs that follow the lanes as the answers do.
export function revealAnswers() {
  const open = document.querySelector('#tabs [role=tab][aria-selected=true]')?.id;
  if (!['view-compare-button', 'view-tokens-button', 'view-export-button'].includes(open)) revealTab('output');
}

// Called once, when the page is ready.
export function startShell(signal) {
  const { dataset } = root();
  dataset.pane = 'messages';
  fit();
  window.addEventListener('resize', fit, { signal });
  document.addEventListener('focusin', ({ target }) => {
    if (target.matches?.('.turn-text')) lastField = target;
  }, { signal });
  document.addEventListener('click', ({ target }) => {
    const button = target.closest?.('[data-fold], [data-pane], [data-tab]');
    if (!button || button === root()) return;
    if (button.dataset.fold) fold(button.dataset.fold);
    else if (button.dataset.tab) openTab(button.dataset.tab);
    else showPane(button.dataset.pane);
  }, { signal });
  const split = document.querySelector('.split');
  split?.addEventListener('pointerdown', dragSplit, { signal });
  split?.addEventListener('dblclick', () => choose({ width: WIDTHS.usual }), { signal });
  split?.addEventListener('keydown', moveSplit, { signal });
}
