// One message as DOM. Icons are constant strings. Everything that a person wrote is set as text.
import { button, make } from '../dom.js';
import { keptDrafts } from '../drafts/workspace.js';
import { drawMarks, followScroll } from '../variables/variable_marks.js';

const ICONS = {
  grip: 'M8 5h.01M12 5h.01M8 10h.01M12 10h.01M8 15h.01M12 15h.01',
  image: 'M3 5h14v11H3zM3 13l4-4 4 4 2-2 4 4M12.5 8.5h.01',
  duplicate: 'M7 7h9v9H7zM4 13V4h9',
  insert: 'M10 4v12M4 10h12',
  up: 'M6 10l4-4 4 4M10 6v9',
  down: 'M6 10l4 4 4-4M10 14V5',
  remove: 'M5 5l10 10M15 5L5 15',
};
const PLACEHOLDERS = {
  system: 'System instructions…',
  user: 'Write a user message…',
  assistant: 'Assistant message. If it is the last one, it is a prefill: the model continues it.',
  tool: 'Tool result, as JSON or text…',
};

function icon(name) {
  const holder = make('span.icon', { 'aria-hidden': 'true' });
  holder.innerHTML = `<svg viewBox="0 0 20 20"><path d="${ICONS[name]}"/></svg>`;
  return holder;
}
function iconButton(act, label) {
  const facts = { className: 'turn-button', title: label, 'aria-label': label, dataset: { act } };
  return button('', facts, icon(act));
}

export function newRow(id) {
  const roles = Object.keys(PLACEHOLDERS).map((name) =>
    new Option(name[0].toUpperCase() + name.slice(1), name));
  const head = make(
    'div.turn-head',
    make('span.turn-grip', { draggable: true, title: 'Drag to reorder' }, icon('grip')),
    make('select.turn-role', { 'aria-label': 'Role' }, roles),
    make('span.turn-tag'), make('span.turn-count'),
    make(
      'span.turn-buttons', { role: 'toolbar', 'aria-label': 'Message' }, iconButton('image', 'Attach image'),
      iconButton('insert', 'Insert message below'), iconButton('duplicate', 'Duplicate message'),
      iconButton('up', 'Move up (Alt+Up)'), iconButton('down', 'Move down (Alt+Down)'),
      iconButton('remove', 'Remove message'),
    ),
  );
  const text = make('textarea.turn-text', { rows: 1, spellcheck: false });
  const marks = make('div.turn-marks', { 'aria-hidden': 'true' });
  text.addEventListener('scroll', () => followScroll(marks, text));
  const field = make('div.turn-field', marks, text);
  return make('div.turn', { role: 'listitem', dataset: { id } }, head, field, make('div.turn-images'));
}

// The marks of variables and the height follow the text; browsers with field-sizing do the height in CSS.
export function followText(text) {
  drawMarks(text.previousSibling, text);
  if (CSS.supports('field-sizing', 'content')) return;
  text.style.height = 'auto';
  text.style.height = `${Math.min(360, text.scrollHeight + 2)}px`;
}

export function drawRow(row, turn, place, { last, tokens, imagesAllowed }) {
  row.dataset.role = turn.role;
  const role = row.querySelector('.turn-role');
  const text = row.querySelector('.turn-text');
  const isPrefill = last && turn.role === 'assistant';
  role.value = turn.role;
  if (text.value !== turn.text && document.activeElement !== text) {
    text.value = turn.text;
    followText(text);
  }
  text.placeholder = PLACEHOLDERS[turn.role];
  text.setAttribute('aria-label', `Message ${place + 1}, ${turn.role}`);
  row.querySelector('.turn-tag').textContent = isPrefill ? 'prefill → continue' : '';
  const count = tokens === undefined ? '' : `${tokens ?? '?'} tok`; // null: not known
  row.querySelector('.turn-count').textContent = count;
  row.querySelector('[data-act=image]').hidden = !imagesAllowed;
  row.querySelector('[data-act=up]').disabled = place === 0;
  row.querySelector('[data-act=down]').disabled = last;
  drawImages(row.querySelector('.turn-images'), turn);
}

function drawImages(holder, turn) {
  const { wasOpened } = keptDrafts; // before, nobody knows which files are still there
  const key = JSON.stringify([turn.images, turn.uploading, wasOpened]);
  if (holder.dataset.key === key) return;
  holder.dataset.key = key;
  holder.textContent = '';
  turn.images.forEach((image, number) => {
    const name = image.name || `Image ${number + 1}`;
    const caption = make('figcaption', name);
    const imageButton = (act, sign, label, side) => button(sign, {
      className: `act ${side}`, title: label, 'aria-label': label, dataset: { act, number },
    });
    const picture = make(image.missing ? 'span.picture' : 'img.picture');
    const large = make('button.preview', {
      type: 'button', title: `Enlarge ${name}`, 'aria-label': `Enlarge ${name}`,
      dataset: { act: 'preview', number },
    }, picture);
    const node = make(
      'figure', image.missing ? picture : large, caption, imageButton('removeImage', '×', `Remove ${name}`, 'right'),
      imageButton('replaceImage', '⇄', `Replace ${name}`, 'left'),
      imageButton('replaceImage', 'Attach again', `Attach ${name} again`, 'again'),
    );
    const broken = (isThere) => {
      node.className = 'missing';
      caption.textContent = isThere ? `Not an image: ${name}` : `Image missing: ${name}`;
      caption.title = isThere ? 'The browser cannot read this file. Replace or remove it.'
        : 'The file is no longer on the server. Attach it again, or remove it.';
    };
    if (image.missing) broken(false);
    else {
      picture.addEventListener('error', () =>
        fetch(image.url).then((answer) => answer.ok, () => false).then(broken));
      Object.assign(picture, { alt: name, ...(wasOpened && { src: image.url }) });
    }
    holder.append(node);
  });
  if (turn.uploading) holder.append(make('span.turn-uploading', 'Uploading…'));
}
