// The blind review of a sheet, over the whole page. The server sends one row at a time, without anything
// that tells the lanes; each judgement goes to it at once.
import { button, copyText, drawnOnce, flash, make, stored } from '../dom.js';
import { isDemo } from '../demo/demo_address.js';
import { keptDrafts } from '../drafts/workspace.js';
import { Questions } from '../questions.js';
import { isTyped } from '../shortcuts.js';
import {
  CHOICES, RATINGS, aboutOf, answerName, keyIn, keyMeans, linkTo, nameRule, nextToRate, rowName, saidOf, shareRule,
} from './review_words.js';

const STORE = 'playground_reviewer';
const SECRET = 'playground_review_browser';

// By which the server knows this browser again; of this page alone where nothing is stored.
let secret = '';
function browserSecret() {
  secret ||= stored(() => localStorage.getItem(SECRET)) || '';
  if (!/^[0-9a-f]{32}$/.test(secret)) {
    secret = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    stored(() => localStorage.setItem(SECRET, secret));
  }
  return secret;
}

export function mount({ element, trigger, props, watch, signal }) {
  const dialog = element.querySelector('dialog');
  const home = dialog.parentNode;
  dialog.remove(); // on the page only while it is open, as other dialogs
  const $ = (name) => dialog.querySelector(`.review-${name}`);
  const questions = new Questions(props.answer);
  let answer = null; // the last one about a sheet
  let [key, reviewer, shown, said] = ['', '', '', ''];
  let ratings = []; // of the answers that are shown; 0 without one
  let active = 0; // the answer that a key rates
  let held = new Map(); // notes of items that are not judged yet

  // -- asking -------------------------------------------------------------------------------
  function ask(act, data = {}) {
    trigger('ask', questions.next({ act, key, reviewer, browser: browserSecret(), ...data }));
  }
  const noteNow = () => held.get(answer.item.token) ?? answer.item.note;
  function judge(marks, act = 'judge') {
    if (!questions.isLatest(answer)) return; // one after the other: a second key means the next row
    said = act === 'judge' ? `${rowName(answer.item)}: ${saidOf(marks)}. Saved.` : 'Note saved.';
    ask(act, { at: answer.at, item: answer.item.token, marks, note: noteNow() });
  }
  const go = (at) => { if (at >= 0 && at < answer.count) ask('look', { at }); };

  // -- opening and closing ------------------------------------------------------------------
  function open(next) {
    if (!next || isDemo()) return;
    [key, reviewer, answer, said] = [next, '', null, ''];
    held = new Map();
    for (const name of ['start', 'main', 'end', 'foot']) $(name).hidden = true;
    $('refused').textContent = '';
    history.replaceState(history.state, '', linkTo(location, key));
    if (!dialog.open) {
      home.append(dialog);
      dialog.showModal();
    }
    ask('open');
  }
  dialog.addEventListener('close', () => {
    dialog.remove();
    history.replaceState(history.state, '', location.pathname + location.search);
    document.dispatchEvent(new CustomEvent('playground-review', { detail: '' }));
  });
  document.addEventListener('playground-review', ({ detail }) => open(detail), { signal });
  async function openLink() {
    const next = keyIn(location.hash);
    if (!next) return;
    await keptDrafts.isOpen; // until then the server may take the page for another one
    document.dispatchEvent(new CustomEvent('playground-review', { detail: next }));
  }
  window.addEventListener('hashchange', openLink, { signal });

  // -- drawing ------------------------------------------------------------------------------
  function drawStart() {
    $('about').textContent = aboutOf(answer);
    $('share').querySelector('span').textContent = shareRule(answer);
    $('rule').textContent = nameRule(answer);
    const field = $('start').querySelector('input');
    field.value = answer.user || field.value || stored(() => localStorage.getItem(STORE)) || '';
    field.readOnly = Boolean(answer.user);
    field.focus();
    if (answer.link === key) return;
    key = answer.link; // also for whoever copies the address
    history.replaceState(history.state, '', linkTo(location, key));
  }
  const drawAsked = drawnOnce(({ row, asked, inputs, image }) => {
    $('asked').replaceChildren(...[
      make('h3', row), image && make('img', { src: image, alt: 'The row’s image' }), asked && make('p', asked),
      inputs.length > 0 && make('dl', inputs.map(([name, text]) => make('div', make('dt', name), make('dd', text)))),
    ].filter(Boolean));
  });
  function answerNode(text, place, count) {
    const node = make('article.review-answer', { dataset: { place } }, make('h3', answerName(place, count)), make('p', text || 'This answer is empty.'));
    if (count !== 2) {
      node.append(make('div.review-rate', { role: 'group', 'aria-label': `Rating of the ${answerName(place, count).toLowerCase()}` },
        RATINGS.map((one) => button(String(one), { dataset: { place, rating: one } })), make('span', '1 bad, 5 good')));
    }
    return node;
  }
  const drawChoices = drawnOnce(({ isPair }) => {
    $('choices').replaceChildren(...(isPair ? CHOICES.map(([known, word]) => button(make('kbd', known), ` ${word}`, {
      dataset: { act: 'choose', choice: known }, 'aria-label': word,
    })) : []));
  });
  function drawItem() {
    const { item } = answer;
    if (shown !== item.token) {
      shown = item.token;
      ratings = item.texts.map((_, place) => item.marks[place] || 0);
      active = Math.max(0, nextToRate(ratings));
      const { asked, inputs, image, texts } = item;
      drawAsked({ row: rowName(item), asked, inputs, image });
      $('answers').replaceChildren(...texts.map((text, place) => answerNode(text, place, texts.length)));
      $('answers').dataset.count = texts.length;
      $('main').scrollTop = 0;
      drawChoices({ isPair: texts.length === 2 });
      $('hint').hidden = texts.length < 3;
      $('note').hidden = !noteNow();
      $('note').querySelector('textarea').value = noteNow();
      if (!$('foot').contains(document.activeElement)) dialog.focus();
    }
    drawMarks();
  }
  function drawMarks() {
    const { item } = answer;
    [...$('choices').children].forEach((node, place) => node.setAttribute('aria-pressed', String(item.marks.length === 2 && CHOICES[place][2][0] === item.marks[0])));
    for (const node of $('answers').querySelectorAll('[data-rating]')) node.setAttribute('aria-pressed', String(ratings[node.dataset.place] === Number(node.dataset.rating)));
    for (const node of $('answers').children) node.toggleAttribute('data-active', item.texts.length > 2 && Number(node.dataset.place) === active);
  }
  function draw() {
    const now = props.answer;
    if (!now || !questions.takes(now) || !dialog.open) return;
    $('refused').textContent = now.refused || '';
    if (now.refused) {
      $('said').textContent = said = '';
      if (answer) answer = { ...answer, question: now.question };
      return;
    }
    answer = now;
    const isStart = !answer.reviewer;
    dialog.querySelector('h2').textContent = answer.name;
    $('start').hidden = !isStart;
    $('main').hidden = $('foot').hidden = !answer.item;
    $('end').hidden = isStart || Boolean(answer.item);
    $('count').textContent = isStart ? '' : `${answer.done} of ${answer.count}`;
    $('who').textContent = answer.reviewer;
    $('progress').hidden = isStart;
    $('progress').setAttribute('aria-valuemax', answer.count);
    $('progress').setAttribute('aria-valuenow', answer.done);
    $('progress').firstChild.style.width = `${(100 * answer.done) / answer.count}%`;
    $('said').textContent = said;
    if (isStart) drawStart();
    else if (answer.item) drawItem();
    else {
      shown = '';
      $('end').querySelector('button').focus();
    }
  }

  // -- what a person does -------------------------------------------------------------------
  function rate(place, rating) {
    ratings = ratings.with(place, rating);
    active = nextToRate(ratings, place);
    if (active < 0) {
      active = place;
      judge(ratings);
    }
    drawMarks();
  }
  const ACTS = {
    close: () => dialog.close(),
    link: async ({ node }) => {
      const link = linkTo(location, key);
      if (await copyText(link)) flash(node, 'Copied');
      else $('share').querySelector('span').textContent = link;
    },
    back: () => go(answer.at - 1),
    forward: () => go(answer.at + 1),
    undo: () => { said = 'The last judgement was undone.'; shown = ''; ask('undo', { at: answer.at }); },
    note: () => {
      $('note').hidden = false;
      $('note').querySelector('textarea').focus();
    },
    choose: ({ choice }) => judge(CHOICES.find(([known]) => known === choice)[2]),
    judge: ({ marks }) => judge(marks),
    rate: ({ place, rating }) => rate(Number(place), Number(rating)),
  };
  dialog.addEventListener('click', ({ target }) => {
    const node = target.closest('[data-act], [data-rating]');
    if (node) ACTS[node.dataset.act || 'rate']({ node, ...node.dataset });
  });
  document.addEventListener('keydown', (event) => {
    if (!dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyped(event.target) || !answer?.item) return;
    const means = keyMeans(event.key, answer.item, active);
    if (!means) return;
    event.preventDefault();
    ACTS[means.act](means);
  }, { signal });
  // Run, and its key, mean nothing here.
  document.addEventListener('playground-press-run', (event) => {
    if (!dialog.open) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { signal });
  $('start').querySelector('form').addEventListener('submit', (event) => {
    event.preventDefault();
    reviewer = $('start').querySelector('input').value;
    if (!answer.user) stored(() => localStorage.setItem(STORE, reviewer));
    ask('look');
  });
  const field = $('note').querySelector('textarea');
  field.addEventListener('input', () => held.set(answer.item.token, field.value));
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      dialog.focus();
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      $('note').requestSubmit();
    }
  });
  $('note').addEventListener('submit', (event) => {
    event.preventDefault();
    if (answer.item.marks.length) judge(answer.item.marks, 'note');
    else $('said').textContent = 'The note is saved with your judgement.';
    dialog.focus();
  });

  dialog.tabIndex = -1;
  watch('answer', draw);
  openLink();
}
