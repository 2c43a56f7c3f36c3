// The Sheet tab. The server has the sheets; this asks it what to show: after each act, when rows come onto
// the screen, and every second while a sheet runs.
import { actButton, drawnOnce, make, saveFile, stored } from '../dom.js';
import { Questions } from '../questions.js';
import { makeRoom } from '../shell.js';
import { sheetBar } from './sheet_bar.js';
import { checksDialog, dialogAnswered, rowsDialog, sendFile, settingsDialog } from './sheet_dialogs.js';
import { filterButtons, sheetGrid } from './sheet_grid.js';
import { sheetResults } from './sheet_results.js';
import { isGoing, stateOf } from './sheet_words.js';

const STORE = 'playground_sheet';
const EACH_SECOND = 1000;
const SOON = 150; // milliseconds, while answers are still to be checked
const SEARCH_MS = 250;
const VALUES = 320; // pixels for the columns of values
const PAGE_ACTS = new Set(['run', 'failed', 'cell', 'new']); // these need the page's prompt and lanes

export function mount({ element, trigger, props, upload, watch, signal }) {
  const $ = (name) => element.querySelector(`.sheet-${name}`);
  const questions = new Questions();
  let key = stored(() => localStorage.getItem(STORE)) || '';
  let order = { filter: 'all', query: '', by: '', falling: false };
  let answer = null; // the last one about a sheet
  let notes = [];
  let visible = false;
  let blind = false; // whether a review is open: nothing of the lanes is asked for
  let [timer, typing, whole] = [null, null, null];

  // -- asking -------------------------------------------------------------------------------
  function send(event, act, data = {}, window = grid.window()) {
    trigger(event, questions.next({ act, key, ...order, ...window, ...data }));
  }
  const look = (window) => send('look', 'rows', {}, window);
  const edit = (act, data) => send('edit', act, data);
  const run = (act, data) => send('run', act, data);
  function open(next) {
    key = next;
    stored(() => localStorage.setItem(STORE, key));
    order = { filter: 'all', query: '', by: '', falling: false };
    notes = [];
  }
  function tick() {
    clearTimeout(timer);
    if (!visible || blind || !key || !answer) return;
    const wait = answer.unchecked || answer.late ? SOON : isGoing(answer.progress.state) && EACH_SECOND;
    if (wait) timer = setTimeout(() => (document.hidden ? tick() : look()), wait);
  }
  const grid = sheetGrid(element, {
    open: ({ number }) => {
      document.dispatchEvent(new CustomEvent('playground-run', { detail: answer.lanes.map(({ label }) => label).join('') }));
      send('cell', 'cell', { number });
    },
    again: ({ number }, lane) => run('cell', { number, lane }),
    edit: ({ number }, column, value) => edit('cell', { number, column, value }),
    whole: ({ number }, column) => new Promise((resolve) => {
      whole = resolve;
      send('look', 'whole', { number, column });
    }),
    remove: ({ number }) => edit('remove', { number }),
    sort: (by) => {
      order = { ...order, by, falling: order.by === by && !order.falling };
      look();
    },
    ask: look,
    longest: () => answer.limits.value,
  });

  // -- drawing ------------------------------------------------------------------------------
  const differs = () => Boolean(props.prompt && answer.sheet.prompt !== props.prompt);
  const bar = sheetBar(element, signal);
  const drawResults = sheetResults(element);
  const drawBar = () => bar.draw(answer, notes, differs());
  const drawSeg = drawnOnce(({ counts, filter }) => $('filters').querySelector('.seg').replaceChildren(...filterButtons(counts, { filter })));
  function drawFilters() {
    const box = $('filters');
    if (!box.firstChild) {
      const field = make('input', { type: 'search', placeholder: 'Find in rows and answers', 'aria-label': 'Find in rows and answers', maxLength: 200 });
      field.addEventListener('input', () => {
        clearTimeout(typing);
        typing = setTimeout(() => {
          order = { ...order, query: field.value.trim() };
          look({ start: 0, count: 100 });
        }, SEARCH_MS);
      });
      box.append(make('div.seg', { role: 'group', 'aria-label': 'Filter' }), field, make('span.spring'), make(
        'span.sheet-hint', 'Arrow keys move · ', make('kbd', '⏎'), ' opens the answer as a run, or edits a value'));
    }
    drawSeg({ counts: answer.counts, filter: order.filter });
    const field = box.querySelector('input');
    if (document.activeElement !== field) field.value = order.query;
  }
  function drawOpen() {
    drawBar();
    const { sheet, lanes, comparisons, progress, review } = answer;
    drawResults({ sheet, lanes, comparisons, review, done: progress.done > 0 });
    drawFilters();
    grid.draw(answer, order);
    $('end').replaceChildren(actButton('+ Row', 'row'),
      ...(answer.shown < answer.sheet.rows
        ? [make('span.sheet-quiet', `${answer.shown} of ${answer.sheet.rows} rows`)] : []));
  }
  function drawList({ sheets, examples, broken, deleted }) {
    const card = (one, act) => make('article.sheet-card', make('b', one.name), make('span.sheet-quiet', one.about),
      one.state && make('span.sheet-tag', { dataset: { tone: 'going' } }, stateOf({ state: one.state }).word),
      actButton('Open', act, { key: one.key }, `Open ${one.name}`));
    $('list').replaceChildren(
      ...(deleted ? [make('p', `“${deleted.name}” was deleted. `, actButton('Undo', 'undelete', { key: deleted.key }))] : []),
      ...(examples.length ? [make('h3', 'Examples'), ...examples.map((one) => card(one, 'example'))] : []),
      ...(sheets.length ? [make('h3', 'Your sheets'), ...sheets.map((one) => card(one, 'open'))] : []),
      ...broken.map((line) => make('p.sheet-refused', line)),
    );
  }
  function draw() {
    const now = props.answer;
    if (!now || !questions.takes(now)) return;
    if (now.whole !== undefined) {
      whole?.(now.whole);
      return;
    }
    if (now.saved) {
      saveFile(now.saved.name, new Blob([Uint8Array.from(atob(now.saved.content), (sign) => sign.charCodeAt(0))], { type: now.saved.type }));
      return;
    }
    const taken = dialogAnswered(now);
    if (now.refused) {
      whole?.();
      if (!taken) say(now.refused);
      return;
    }
    if (now.opened) open(now.opened);
    if (now.sheets) {
      if (now.gone) open('');
      answer = null;
      drawList(now);
    }
    if (now.sheet) {
      key = now.sheet.key;
      answer = now;
      if (now.notes?.length || now.done) notes = now.notes || [];
      if (now.done === 'remove') notes = [{ text: 'The row was removed. Undo', act: 'put_back' }];
    }
    $('start').hidden = Boolean(key);
    $('open').hidden = !key || !answer;
    if (now.sheets) $('start').querySelector('textarea').value = '';
    if (answer) drawOpen();
    makeRoom(visible && answer ? answer.lanes.length : 0, VALUES);
    tick();
  }
  function say(words) {
    $('start-refused').textContent = words;
    if (answer) {
      notes = [words];
      drawBar();
    }
  }

  // -- what a person does -------------------------------------------------------------------
  const ACTS = {
    list: () => {
      open('');
      send('look', 'list');
    },
    rows: () => rowsDialog(answer.sheet, upload, edit),
    checks: () => checksDialog(answer.sheet, answer.models, edit),
    review: () => document.dispatchEvent(new CustomEvent('playground-review', { detail: key })),
    settings: () => settingsDialog(answer.sheet, answer.limits, edit),
    save_as: ({ form }) => {
      send('save_as', 'file', { form });
      bar.closeMenu();
    },
    open: ({ key: chosen = key }) => send('open', 'open', { key: chosen }),
    example: ({ key: chosen }) => send('open', 'example', { key: chosen }),
    undelete: ({ key: chosen }) => {
      open(chosen);
      send('edit', 'undelete', { key: chosen });
    },
  };
  element.addEventListener('click', ({ target }) => {
    const { act, ...data } = target.closest('[data-act]')?.dataset || {};
    const { filter } = target.closest('[data-filter]')?.dataset || {};
    if (ACTS[act]) ACTS[act](data);
    else if (act) (PAGE_ACTS.has(act) ? run : edit)(act, data);
    if (filter) {
      order = { ...order, filter };
      grid.toTop();
      look({ start: 0, count: 100 });
    }
  });
  element.querySelector('.sheet-new').addEventListener('submit', (event) => {
    event.preventDefault();
    $('start-refused').textContent = '';
    const { value } = event.target.querySelector('textarea');
    if (value.trim()) run('new', { key: '', text: value });
    else say('Paste some rows first, or choose a file.');
  });
  element.querySelector('.sheet-new [type=file]').addEventListener('change', ({ target }) => {
    if (target.files[0]) sendFile(upload, target.files[0], (data) => run('new', { key: '', ...data }), say);
    target.value = '';
  });
  element.addEventListener('paste', (event) => {
    const text = event.clipboardData.getData('text/plain');
    if (!answer || event.target.matches('input, textarea') || !text.trim()) return;
    event.preventDefault();
    rowsDialog(answer.sheet, upload, edit, text);
  });
  // Run, and its key, mean the sheet while it is shown.
  document.addEventListener('playground-press-run', (event) => {
    if (!visible || !answer) return;
    event.preventDefault();
    element.querySelector('.sheet-bar :is([data-act=run], [data-act=resume], [data-act=failed])')?.click();
  }, { signal });

  document.addEventListener('playground-review', ({ detail }) => {
    blind = Boolean(detail);
    if (blind) clearTimeout(timer);
    else if (visible) look();
  }, { signal });

  $('start').querySelector('code').textContent = '{{date}}'; // Gradio would evaluate it in the template
  watch('answer', draw);
  draw(); // a card may have opened a sheet before this tab was
  watch('prompt', () => answer && drawBar());
  const seen = new IntersectionObserver(([entry]) => {
    if (entry.isIntersecting && !visible && !blind) look({ start: 0, count: 100 });
    visible = entry.isIntersecting;
    makeRoom(visible && answer ? answer.lanes.length : 0, VALUES);
  });
  seen.observe(element);
  signal.addEventListener('abort', () => clearTimeout(timer));
}
