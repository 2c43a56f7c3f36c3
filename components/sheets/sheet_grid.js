// The table of a sheet. Only the rows on the screen exist; the others are asked for when they come there.
// Arrow keys move, Enter opens an answer or edits a value.
import { button, drawnOnce, figure, make } from '../dom.js';
import { rowNode } from './sheet_row.js';
import { FILTERS, widthsOf } from './sheet_words.js';

const ROW = 30; // pixels, as in the style sheet
const AROUND = 8; // rows drawn above and below the screen
const AHEAD = 70; // rows asked for above and below
const MOST = 200; // rows of one answer

// The rows to ask for, of which [from, to) is on the screen; null if they are there.
export function wantedWindow(from, to, count, has) {
  const end = Math.min(to, count);
  let missing = false;
  for (let place = Math.max(0, from); place < end; place += 1) missing ||= !has(place);
  if (!missing) return null;
  const start = Math.max(0, from - AHEAD);
  return { start, count: Math.min(MOST, end + AHEAD - start) };
}
// Where a key leads from a cell; null for other keys.
export function cellAfter(key, { row, column }, { rows, columns, page }, whole = false) {
  const to = {
    ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1], PageUp: [row - page, column], PageDown: [row + page, column],
    Home: [whole ? 0 : row, 0], End: [whole ? rows - 1 : row, columns - 1],
  }[key];
  if (!to) return null;
  const within = (place, most) => Math.max(0, Math.min(place, most - 1));
  return { row: within(to[0], rows), column: within(to[1], columns) };
}

// acts: open(row, lane), again(row, lane), edit(row, column, value), whole(row, column) gives the whole
// text, remove(row), sort(by), ask(window).
export function sheetGrid(element, acts) {
  const [scroll, grid, head, body] = ['scroll', 'grid', 'head', 'rows'].map((name) => element.querySelector(`.sheet-${name}`));
  let facts = null; // of the sheet: columns, lanes, key
  let count = 0; // of rows in this order
  let rows = new Map(); // by their place in the order
  let drawn = new Map(); // nodes by place
  const shows = new WeakMap(); // the row of each node
  let at = { row: 0, column: 1 };
  let widthsFor = '';
  let waiting = null;

  const labels = () => facts.lanes.map(({ label }) => label);
  const columnCount = () => 1 + facts.columns.length + facts.lanes.length;
  const laneAt = (column) => labels()[column - 1 - facts.columns.length];

  // -- drawing ------------------------------------------------------------------------------
  function setWidths() {
    const known = JSON.stringify([facts.key, facts.columns]);
    if (known === widthsFor) return;
    widthsFor = known;
    const widths = widthsOf(facts.columns, [...rows.values()], element.clientWidth < 700 ? 0 : 320);
    element.style.setProperty('--sheet-data', `${52 + widths.reduce((sum, one) => sum + one, 0)}px`);
    element.style.setProperty('--sheet-values', widths.map((one) => `${one}px`).join(' '));
  }
  const drawHead = drawnOnce(({ order }) => {
    const title = (by, name, text, ...before) => make('div', {
      role: 'columnheader', 'aria-sort': order.by === by ? (order.falling ? 'descending' : 'ascending') : 'none',
    }, button('', { dataset: { sort: by }, title: `Sort by ${name}` }, ...before, make('span', text),
      order.by === by && make('i', { 'aria-hidden': 'true' }, order.falling ? '↓' : '↑')));
    head.replaceChildren(
      title('', 'row', '#'),
      ...facts.columns.map((name) => title(`column:${name}`, name, make('code', name))),
      ...facts.lanes.map(({ label, name }) => title(`lane:${label}`, `lane ${label}`, name, make(`b.sheet-letter.${label.toLowerCase()}`, label))),
    );
  });
  const isSame = (one, other) => one === other || (one && other && JSON.stringify(one) === JSON.stringify(other));
  const onScreen = () => {
    const top = Math.max(0, scroll.scrollTop - grid.offsetTop);
    return { from: Math.floor(top / ROW), to: Math.ceil((top + scroll.clientHeight) / ROW) };
  };
  function drawRows() {
    if (!facts) return;
    body.style.height = `${count * ROW}px`;
    const { from, to } = onScreen();
    const focused = body.contains(document.activeElement) && !document.activeElement.matches('textarea');
    const editing = body.querySelector('textarea')?.closest('.sheet-row') || null;
    const next = new Map();
    for (let place = Math.max(0, from - AROUND); place < Math.min(count, to + AROUND); place += 1) {
      const row = rows.get(place);
      let node = drawn.get(place);
      if (!node || (node !== editing && !isSame(shows.get(node), row))) {
        node?.remove();
        node = row ? rowNode(row, labels()) : make('div.sheet-row', { role: 'row' }, make('div.sheet-cell.number', String(place + 1)));
        shows.set(node, row);
      }
      node.dataset.place = place;
      node.setAttribute('aria-rowindex', place + 2);
      node.style.transform = `translateY(${place * ROW}px)`;
      if (!node.isConnected) body.append(node);
      next.set(place, node);
    }
    for (const [place, node] of drawn) if (next.get(place) !== node && node !== editing) node.remove();
    drawn = next;
    mark(focused);
    ask(from, to);
  }
  function ask(from, to) {
    clearTimeout(waiting);
    const window = wantedWindow(from, to, count, (place) => rows.has(place));
    if (window) waiting = setTimeout(() => acts.ask(window), 40);
  }
  scroll.addEventListener('scroll', () => requestAnimationFrame(drawRows));
  new ResizeObserver(drawRows).observe(scroll);

  // -- the focus ----------------------------------------------------------------------------
  const nodeAt = ({ row, column }) => drawn.get(row)?.children[column];
  function mark(focus) {
    for (const node of body.querySelectorAll('[tabindex="0"]')) node.tabIndex = -1;
    const node = nodeAt(at) || body.querySelector('.sheet-cell');
    if (!node) return;
    node.tabIndex = 0;
    if (focus) node.focus({ preventScroll: true });
  }
  function goTo(next) {
    at = next;
    const top = grid.offsetTop + body.offsetTop + at.row * ROW;
    const covered = head.offsetTop + head.offsetHeight - scroll.scrollTop + (element.querySelector('.sheet-filters').offsetHeight || 0);
    const least = scroll.scrollTop + Math.min(covered, 120);
    if (top < least) scroll.scrollTop -= least - top;
    else if (top + ROW > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = top + ROW - scroll.clientHeight;
    drawRows();
    mark(true);
    nodeAt(at)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  // -- editing ------------------------------------------------------------------------------
  async function edit(node, row, first = null) {
    const column = facts.columns[Number(node.dataset.column) - 1];
    const isCut = row.cut.includes(Number(node.dataset.column) - 1);
    const whole = isCut ? await acts.whole(row, column) : row.values[Number(node.dataset.column) - 1];
    if (whole === undefined || !node.isConnected) return;
    const field = make('textarea.sheet-field', { value: first ?? whole, spellcheck: false, 'aria-label': `${column} of row ${row.number}`, maxLength: acts.longest() });
    let over = false;
    const close = (keep) => {
      if (over) return;
      over = true;
      field.remove();
      shows.delete(node.closest('.sheet-row'));
      if (keep && field.value !== whole) acts.edit(row, column, field.value);
      drawRows();
      mark(true);
    };
    field.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Escape') close(false);
      else if (event.key === 'Tab' || (event.key === 'Enter' && !event.shiftKey)) close(true);
      else return;
      event.preventDefault();
    });
    field.addEventListener('blur', () => close(true));
    node.append(field);
    field.focus();
    if (first === null) field.select();
  }

  // -- what a person does -------------------------------------------------------------------
  const rowOf = (node) => rows.get(Number(node.closest('.sheet-row').dataset.place));
  function use(node, event) {
    const row = rowOf(node);
    const column = Number(node.dataset.column);
    if (!row) return;
    if (node.matches('.value')) edit(node, row);
    else if (node.matches('.answer') && row.cells[laneAt(column)]?.state !== 'none' && !row.problem) acts.open(row, laneAt(column));
    event.preventDefault();
  }
  body.addEventListener('keydown', (event) => {
    const node = event.target.closest('.sheet-cell');
    const row = node && rowOf(node);
    if (!row || event.altKey || event.target.matches('textarea')) return;
    const size = { rows: count, columns: columnCount(), page: Math.max(1, Math.floor(scroll.clientHeight / ROW) - 4) };
    const column = Number(node.dataset.column);
    const next = cellAfter(event.key, { row: Number(node.parentNode.dataset.place), column }, size, event.ctrlKey || event.metaKey);
    if (next) goTo(next);
    else if (event.ctrlKey || event.metaKey) return;
    else if (event.key === 'Enter' || event.key === 'F2') use(node, event);
    else if (event.key === 'Delete' && column === 0) acts.remove(row);
    else if (event.key === 'Delete' && node.matches('.value')) acts.edit(row, facts.columns[column - 1], '');
    else if (event.key === 'r' && laneAt(column)) acts.again(row, laneAt(column));
    else if (event.key.length === 1 && node.matches('.value')) edit(node, row, event.key);
    else return;
    event.preventDefault();
  });
  body.addEventListener('click', (event) => {
    const node = event.target.closest('.sheet-cell');
    const row = node && rowOf(node);
    if (!row || event.target.matches('textarea')) return;
    at = { row: Number(node.parentNode.dataset.place), column: Number(node.dataset.column) };
    mark(true);
    if (event.target.matches('.sheet-remove')) acts.remove(row);
    else if (event.target.matches('.sheet-again')) acts.again(row, laneAt(at.column));
    else if (node.matches('.answer')) use(node, event);
  });
  body.addEventListener('dblclick', (event) => {
    const node = event.target.closest('.sheet-cell.value');
    if (node && !event.target.matches('textarea')) use(node, event);
  });
  head.addEventListener('click', (event) => {
    const { sort } = event.target.closest('[data-sort]')?.dataset || {};
    if (sort !== undefined) acts.sort(sort);
  });
  return {
    draw(answer, order) {
      facts = { ...answer.sheet, lanes: answer.lanes };
      count = answer.shown;
      rows = new Map(answer.rows.map((row, place) => [answer.start + place, row]));
      grid.setAttribute('aria-rowcount', count + 1);
      grid.setAttribute('aria-colcount', columnCount());
      element.style.setProperty('--sheet-lanes', facts.lanes.length);
      setWidths();
      const { columns, lanes } = facts;
      drawHead({ order, columns, lanes: lanes.map(({ label, name }) => [label, name]) });
      drawRows();
    },
    // The rows on the screen and around them, to be asked for again.
    window() {
      const { from, to } = onScreen();
      const start = Math.max(0, from - AHEAD);
      return { start, count: Math.min(MOST, Math.max(50, to + AHEAD - start)) };
    },
    toTop() { scroll.scrollTop = Math.min(scroll.scrollTop, grid.offsetTop); },
  };
}
export function filterButtons(counts, order) {
  return FILTERS.filter(([key]) => key in counts).map(([key, word]) => button(`${word} ${figure(counts[key])}`, {
    dataset: { filter: key }, 'aria-pressed': String(order.filter === key),
  }));
}
