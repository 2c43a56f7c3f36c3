// The changes between two versions: settings as a table, messages as word diffs. All text is set as
// text nodes.
import { words } from '../compare/comparison.js';
import { actButton, counted, make, table } from '../dom.js';

const PLACES = {
  same: (change) => `${change.places[1]} ${change.role}`,
  added: (change) => `${change.places[1]} ${change.role}, added`,
  removed: (change) => `${change.places[0]} ${change.role}, removed`,
  changed: (change) => {
    const role = change.old_role ? `${change.old_role} → ${change.role}` : change.role;
    return `${change.places[1]} ${role}, changed`;
  },
};
export const titleOf = (change) => PLACES[change.kind](change);

// Changes in their order. Each sequence of unchanged messages becomes its length.
export function folded(changes) {
  const all = [];
  for (const change of changes) {
    if (change.kind !== 'same') all.push(change);
    else if (typeof all.at(-1) === 'number') all.push(all.pop() + 1);
    else all.push(1);
  }
  return all;
}

function messageOf(change) {
  if (typeof change === 'number') return make('p.diff-same', `${counted(change, 'message')} unchanged`);
  return make(
    'div', { className: `diff-message ${change.kind}` }, make('b', titleOf(change)),
    make('p', words(change.pieces), change.images && make('em', ` ${change.images}`)),
  );
}
export function diffNode(diff) {
  const { sides, settings, tools, answers } = diff;
  return make(
    'div.comparison.session-diff',
    make(
      'header', make('p.comparison-verdict', `${sides[0]} → ${sides[1]}`),
      actButton('Close', 'close_diff', {}, 'Close the comparison'),
    ),
    diff.empty && make('p', 'No differences.'),
    settings.length > 0 && table('Settings that differ', 'Settings', sides, settings),
    tools.length > 0 && [make('b', 'Tools'), make('p.diff-tools', words(tools))],
    diff.empty ? [] : folded(diff.messages).map(messageOf),
    answers.length > 0 && make('p', answers.join(' ')),
  );
}
