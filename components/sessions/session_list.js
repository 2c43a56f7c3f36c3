// The sessions as cards, the versions of the unfolded session, and the deleted sessions.
import { actButton, counted, make } from '../dom.js';

const NOTE = 'Sessions are stored on the server. Everyone who can open this page can see and change them.';

export function size(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
const time = (text) => text.replace('T', ' ').slice(0, 16);

function versionLine(key, version, value) {
  const { number } = version;
  const here = value.current?.key === key && value.current.number === number;
  const images = version.images ? ` · ${size(version.images)} of images` : '';
  const answers = version.answers ? ` · ${counted(version.answers, 'answer')}` : '';
  const act = (text, name) => actButton(text, name, { key, number }, `${text} version ${number}`);
  const named = { key, number, name: version.name };
  const name = actButton(version.name || 'Add label', 'label', named, `Label version ${number}`);
  name.className = version.name ? 'session-label' : 'session-label unnamed';
  return make(
    'div.session-version', { dataset: { number } }, here && { 'aria-current': 'true' },
    make('b', number), name,
    make('span.session-about', `${time(version.time)} · ${counted(version.messages, 'message')}${answers}${images}`),
    act('Open', 'open'), act('Compare', 'compare'), !version.newest && act('Restore', 'restore'),
    act('Export', 'export'),
  );
}
function unfolded({ key, name }, value) {
  const act = (text) => actButton(text, text.toLowerCase(), { key, name });
  return make(
    'div.session-versions', value.shown.versions.map((version) => versionLine(key, version, value)),
    make('div.sessions-line', ['Rename', 'Duplicate', 'Export', 'Delete'].map(act)),
    value.shown.broken.map((sentence) => make('p.session-broken', sentence)),
  );
}
function card(session, value) {
  const { key, name, newest } = session;
  const open = value.shown?.key === key;
  const fold = actButton(name, 'unfold', { key });
  fold.className = 'session-fold';
  fold.setAttribute('aria-expanded', String(open));
  const about = `${counted(session.versions, 'version')} · ${time(session.time)}`;
  return make(
    'article.session-card', { dataset: { key } },
    make(
      'header', fold, make('span.session-about', about),
      actButton('Open', 'open', { key, number: newest }, `Open ${name}`),
    ),
    session.excerpt && make('p.session-excerpt', session.excerpt), open && unfolded(session, value),
  );
}
export function countOf({ query, found, total }) {
  if (query) return `${found} of ${total}`;
  return total ? counted(total, 'session') : '';
}

// find: an element of the panel by its name.
export function drawList(find, value) {
  const more = value.found - value.sessions.length;
  find('current').replaceChildren(...(value.current?.key
    ? [make('b', value.current.name), make('span', ` · version ${value.current.number}`)]
    : [make('span', 'This page is not saved yet.')]));
  find('count').textContent = countOf(value);
  find('empty').hidden = value.total > 0;
  find('query').parentElement.hidden = value.total === 0;
  find('list').replaceChildren(...value.sessions.map((session) => card(session, value)));
  if (more > 0) find('list').append(make('p.session-about', `${more} more. Search to find them.`));
  find('broken').replaceChildren(...value.broken.map((sentence) => make('li', sentence)));
  const deleted = find('deleted');
  deleted.hidden = !value.deleted.length;
  deleted.querySelector('summary').textContent = `Deleted (${value.deleted_count})`;
  deleted.querySelector('ul').replaceChildren(...value.deleted.map(({ key, name }) => make(
    'li', make('span', name), actButton('Restore', 'undelete', { key }, `Restore ${name}`),
  )));
  find('note').textContent = NOTE;
}
function choiceLine({ place, title, about }) {
  const take = actButton('Import', 'choose', { place }, `Import conversation ${place + 1}`);
  return make('li', take, make('b', title), make('span', about));
}
export function drawSaid(holder, { notice, choices }) {
  holder.textContent = '';
  if (notice) {
    holder.append(make('p', notice.title, notice.undo && [' ', actButton('Undo', 'undelete', { key: notice.undo })]));
    if (notice.lines.length) holder.append(make('ul', notice.lines.map((line) => make('li', line))));
  }
  if (!choices) return;
  holder.append(
    make('p', `${choices.title}. Choose one:`),
    make('ul.sessions-choices', choices.items.map(choiceLine)),
  );
}
