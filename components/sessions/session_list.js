// The sessions as cards, the versions of the one that is unfolded, and what was deleted.
const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
const plural = (count, word) => `${count} ${word}${count === 1 ? '' : 's'}`;
const time = (text) => text.replace('T', ' ').slice(0, 16);

function versionLine(key, version, value) {
  const line = make('div', undefined, 'session-version');
  const here = value.current?.key === key && value.current.number === version.number;
  line.dataset.number = version.number;
  const name = button(version.name || 'name it', 'label', { key, number: version.number, name: version.name }, `Name version ${version.number}`);
  name.className = version.name ? 'session-label' : 'session-label unnamed';
  const about = make('span', `${time(version.time)} · ${plural(version.messages, 'message')}${version.images ? ` · ${size(version.images)} of images` : ''}`, 'session-about');
  const data = { key, number: version.number };
  const of = (text) => `${text} version ${version.number}`;
  line.append(make('b', `${version.number}`), name, about, button('Open', 'open', data, of('Open')),
    button('Compare', 'compare', data, of('Compare')));
  if (!version.newest) line.append(button('Restore', 'restore', data, of('Restore')));
  line.append(button('Export', 'export', data, of('Export')));
  if (here) line.setAttribute('aria-current', 'true');
  return line;
}
function unfolded(session, value) {
  const box = make('div', undefined, 'session-versions');
  const data = { key: session.key, name: session.name };
  const acts = make('div', undefined, 'sessions-line');
  acts.append(button('Rename', 'rename', data), button('Duplicate', 'duplicate', data), button('Export', 'export', data),
    button('Delete', 'delete', data));
  box.append(...value.shown.versions.map((version) => versionLine(session.key, version, value)), acts);
  for (const sentence of value.shown.broken) box.append(make('p', sentence, 'session-broken'));
  return box;
}
function card(session, value) {
  const box = make('article', undefined, 'session-card');
  const open = value.shown?.key === session.key;
  box.dataset.key = session.key;
  const head = make('header');
  const fold = button(session.name, 'unfold', { key: session.key });
  fold.className = 'session-fold';
  fold.setAttribute('aria-expanded', String(open));
  head.append(fold, make('span', `${plural(session.versions, 'version')} · ${time(session.time)}`, 'session-about'),
    button('Open', 'open', { key: session.key, number: session.newest }, `Open ${session.name}`));
  box.append(head);
  if (session.excerpt) box.append(make('p', session.excerpt, 'session-excerpt'));
  if (open) box.append(unfolded(session, value));
  return box;
}
function drawList(root, value) {
  const find = (name) => root.querySelector(`.sessions-${name}`);
  const current = value.current?.key;
  find('current').textContent = '';
  find('current').append(...(current
    ? [make('b', value.current.name), make('span', ` · version ${value.current.number}`)]
    : [make('span', 'This page was not saved yet.')]));
  find('count').textContent = value.query
    ? `${value.found} of ${value.total}` : (value.total ? plural(value.total, 'session') : '');
  find('empty').hidden = value.total > 0;
  find('query').parentElement.hidden = value.total === 0;
  find('list').replaceChildren(...value.sessions.map((session) => card(session, value)));
  if (value.found > value.sessions.length) {
    find('list').append(make('p', `${value.found - value.sessions.length} more: search to see them.`, 'session-about'));
  }
  find('broken').replaceChildren(...value.broken.map((sentence) => make('li', sentence)));
  const deleted = find('deleted');
  deleted.hidden = !value.deleted.length;
  deleted.querySelector('summary').textContent = `Deleted (${value.deleted_count})`;
  deleted.querySelector('ul').replaceChildren(...value.deleted.map((session) => {
    const item = make('li');
    item.append(make('span', session.name), button('Bring back', 'undelete', { key: session.key }, `Bring back ${session.name}`));
    return item;
  }));
  find('note').textContent = 'Sessions belong to the machine that serves this page: all who can open it see and change them.';
}
function drawSaid(holder, value) {
  holder.textContent = '';
  if (value.said) {
    const line = make('p', value.said.title);
    if (value.said.undo) line.append(' ', button('Undo', 'undelete', { key: value.said.undo }));
    holder.append(line);
    if (value.said.lines.length) {
      const list = make('ul');
      list.append(...value.said.lines.map((sentence) => make('li', sentence)));
      holder.append(list);
    }
  }
  if (!value.choices) return;
  holder.append(make('p', `${value.choices.title}. Choose one:`));
  const list = make('ul', undefined, 'sessions-choices');
  list.append(...value.choices.items.map((one) => {
    const item = make('li');
    item.append(button('Import', 'choose', { place: one.place }, `Import conversation ${one.place + 1}`), make('b', one.title), make('span', one.about));
    return item;
  }));
  holder.append(list);
}
