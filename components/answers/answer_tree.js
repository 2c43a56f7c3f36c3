// What the check of an answer found, and an answer of JSON as a tree. The server makes the rows.
import { button, counted, drawnOnce, figure, make } from '../dom.js';

const AT_ONCE = 200; // rows; a button shows more
const DEEPEST = 12; // lists inside each other; what is deeper stands there too
const MARKS = { valid: '✓', invalid: '✕', cut: '!', unchecked: '?' };

// chosen: by the person, empty before. A tree that is wanted is shown once it is there.
export function lookOf(value, chosen) {
  if (!value.tree) return 'text';
  return chosen || (value.tree_first ? 'tree' : 'text');
}

// In which list each row stands; a row is never more than one level below the row before.
export function levelsOf(rows) {
  let last = -1;
  return rows.map(({ depth }) => {
    last = Math.min(depth, last + 1, DEEPEST);
    return last;
  });
}

// What the button below `shown` rows says; empty if no row is hidden.
export function moreWords({ rows }, shown) {
  const left = rows.length - shown;
  return left > 0 ? `Show ${figure(Math.min(left, AT_ONCE))} of ${figure(left)} more values` : '';
}

export const verdictDrawer = (box) => drawnOnce((verdict) => {
  box.hidden = !verdict;
  if (!verdict) return box.replaceChildren();
  const { state, title, detail } = verdict;
  box.dataset.state = state;
  box.replaceChildren(
    make('i', { 'aria-hidden': 'true' }, MARKS[state]), make('span', make('b', title), ` ${detail}`),
  );
});

function rowOf({ name, value, type, problem }) {
  return make(
    'li', { dataset: problem ? { bad: '' } : {} },
    make('span.tree-name', name),
    make('span.tree-value', { dataset: { type } }, value),
    make('span.tree-type', problem && make('i', { 'aria-hidden': 'true' }, '✕ '), type),
    problem && type && make('span.tree-problem', problem),
  );
}

export const treeDrawer = (box) => drawnOnce((tree) => {
  box.replaceChildren();
  if (!tree) return;
  const levels = levelsOf(tree.rows);
  const open = [make('ul.answer-tree')]; // the lists that the next row may stand in
  let shown = 0;
  const more = button('');
  const rest = make('p', `${counted(tree.more, 'more value')}; Text shows all of them.`);
  function draw() {
    const end = Math.min(shown + AT_ONCE, tree.rows.length);
    for (; shown < end; shown += 1) {
      const level = levels[shown];
      if (!open[level]) {
        open[level] = make('ul');
        open[level - 1].lastElementChild.append(open[level]);
      }
      open.length = level + 1;
      open[level].append(rowOf(tree.rows[shown]));
    }
    more.textContent = moreWords(tree, shown);
    more.hidden = !more.textContent;
    rest.hidden = !tree.more || !more.hidden;
  }
  more.addEventListener('click', () => {
    draw();
    if (more.hidden) box.parentElement.focus(); // else the focus would be lost
  });
  box.append(open[0], more, rest);
  draw();
});
