// What changed between two versions: settings as a table, messages with their words. All text is
// set as text nodes.
function make(tag, text, name) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (name) node.className = name;
  return node;
}
function button(text, act, data = {}, label = text) {
  const node = make('button', text);
  node.type = 'button';
  Object.assign(node.dataset, { act, ...data });
  if (label !== text) node.setAttribute('aria-label', label);
  return node;
}
function words(pieces) {
  const tags = { same: 'span', removed: 'del', added: 'ins' };
  return pieces.map((piece) => make(tags[piece.kind], piece.text));
}
function settingsTable(rows, sides) {
  const table = make('table');
  table.createCaption().textContent = 'Settings';
  table.createTHead().insertRow().append(make('td'), ...sides.map((side) => make('th', side)));
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    line.append(make('th', row.name));
    for (const value of row.values) line.insertCell().textContent = value;
  }
  const box = make('div', undefined, 'comparison-table');
  box.tabIndex = 0;
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', 'Settings that differ');
  box.append(table);
  return box;
}
const PLACES = {
  same: (change) => `${change.places[1]} ${change.role}`,
  added: (change) => `${change.places[1]} ${change.role}, added`,
  removed: (change) => `${change.places[0]} ${change.role}, removed`,
  changed: (change) => {
    const role = change.old_role ? `${change.old_role} → ${change.role}` : change.role;
    return `${change.places[1]} ${role}, changed`;
  },
};
function messageOf(change) {
  const box = make('div', undefined, `diff-message ${change.kind}`);
  box.append(make('b', PLACES[change.kind](change)));
  const text = make('p');
  text.append(...words(change.pieces));
  if (change.images) text.append(make('em', ` ${change.images}`));
  box.append(text);
  return box;
}
function drawDiff(holder, diff) {
  holder.textContent = '';
  if (!diff) return;
  const box = make('div', undefined, 'comparison session-diff');
  const head = make('header');
  head.append(make('p', `${diff.sides[0]} → ${diff.sides[1]}`, 'comparison-verdict'), button('Close', 'close_diff', {}, 'Close the comparison'));
  box.append(head);
  if (diff.empty) box.append(make('p', 'Nothing differs.'));
  if (diff.settings.length) box.append(settingsTable(diff.settings, diff.sides));
  if (diff.tools.length) {
    const tools = make('p', undefined, 'diff-tools');
    tools.append(...words(diff.tools));
    box.append(make('b', 'Tools'), tools);
  }
  let same = 0;
  const flush = () => {
    if (same && !diff.empty) box.append(make('p', `${same} message${same > 1 ? 's' : ''} as before`, 'diff-same'));
    same = 0;
  };
  for (const change of diff.messages) {
    if (change.kind === 'same') {
      same += 1;
      continue;
    }
    flush();
    box.append(messageOf(change));
  }
  flush();
  holder.append(box);
}
