// The answers to one request as a tree: each below the one that it begins most like.
import { button, counted, make } from '../dom.js';

const DEEPEST = 6; // steps of indentation

// The branches without the removed ones, each with its depth, in the order of the tree. What grew from a
// removed answer hangs from the next one above.
export function rowsOf(branches, removed) {
  const byRun = new Map(branches.map((one) => [one.run, one]));
  const above = ({ parent }) => {
    let run = parent;
    while (run !== null && removed.has(run)) run = byRun.get(run)?.parent ?? null;
    return run;
  };
  const kept = branches.filter(({ run }) => !removed.has(run));
  const below = (parent, depth) => kept.filter((one) => above(one) === parent)
    .flatMap((one) => [{ ...one, depth }, ...below(one.run, depth + 1)]);
  return below(null, 0);
}

// What makes an answer another one: the place and the text from there on, on one line.
export function differenceOf({ parent, place, text, tokens }) {
  const words = text.replace(/\s*\n\s*/g, ' ⏎ ').trim();
  if (parent === null) return { at: '', words };
  return place === tokens ? { at: '=', words: 'ends here' } : { at: String(place + 1), words };
}

export const sumOf = (logprob) => (logprob === null ? '?' : `${logprob > -0.005 ? '0.00' : logprob.toFixed(2)}`.replace('-', '−'));

export class BranchTree {
  // box: gets the tree. onShow, onCompare: get the number of a run.
  constructor(box, { onShow, onCompare }) {
    this.box = box;
    this.removedOf = {};
    this.isOpen = true;
    box.addEventListener('click', ({ target }) => {
      const { act, run } = target.closest('button')?.dataset || {};
      if (act === 'back') onShow(Number(run));
      if (act === 'compare') onCompare(this.shown.run);
      if (act === 'remove') this.remove(onShow);
      if (act === 'undo-remove') this.undo();
      if (act === 'toggle') this.toggle();
    });
  }

  draw(lane, branches) {
    this.lane = lane;
    this.branches = branches;
    this.removed = this.removedOf[lane] ??= new Set();
    this.shown = branches.find(({ shown }) => shown);
    if (this.shown) this.removed.delete(this.shown.run);
    const rows = rowsOf(branches, this.removed);
    this.box.hidden = !branches.length;
    if (this.box.hidden) return;
    const hadFocus = this.box.contains(document.activeElement);
    this.box.replaceChildren(
      make('div.branch-tools',
        button(`${this.isOpen ? '▾' : '▸'} ${counted(rows.length, 'answer')}`, {
          dataset: { act: 'toggle' }, 'aria-expanded': String(this.isOpen),
        }),
        make('span', { title: 'The sum of the logprobs of all tokens: closer to 0 is likelier' }, 'Σ logprob'),
        make('span.spring'),
        this.removed.size > 0 && button('Undo', { dataset: { act: 'undo-remove' }, 'aria-label': 'Undo remove' }),
        rows.length > 1 && button('Remove', {
          dataset: { act: 'remove' }, title: 'Remove the shown answer from this list; the History tab keeps it',
        }),
        button('As a lane', {
          dataset: { act: 'compare' }, title: 'Pin the shown answer as another lane',
        })),
      make('ul', { hidden: !this.isOpen }, ...rows.map((row) => make('li', this.row(row)))),
    );
    if (hadFocus) this.box.querySelector(this.isOpen ? '[aria-current]' : 'button')?.focus();
  }

  row(row) {
    const { at, words } = differenceOf(row);
    const node = button('', {
      className: 'branch-row', dataset: { act: 'back', run: row.run },
      title: `Run ${row.run}, seed ${row.seed ?? 'none'}, ${counted(row.tokens, 'token')}`,
      'aria-label': `${at ? `From token ${at}: ` : 'First answer: '}${words}, sum of logprobs ${sumOf(row.logprob)}`,
    }, make('span.num', at), make('span.branch-words', words), make('span.num', sumOf(row.logprob)));
    if (row.shown) node.setAttribute('aria-current', 'true');
    node.style.setProperty('--depth', Math.min(row.depth, DEEPEST));
    return node;
  }

  // The answer above takes the place of the shown one, or the first one that is left.
  remove(onShow) {
    this.removed.add(this.shown.run);
    const rows = rowsOf(this.branches, this.removed);
    const next = rows.find(({ run }) => run === this.shown.parent) || rows[0];
    onShow(next.run);
  }

  toggle() {
    this.isOpen = !this.isOpen;
    this.draw(this.lane, this.branches);
    this.box.querySelector('[data-act=toggle]').focus();
  }

  undo() {
    this.removed.delete([...this.removed].at(-1));
    this.draw(this.lane, this.branches);
  }
}
