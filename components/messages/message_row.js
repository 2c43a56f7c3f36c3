// One message as DOM. Icons are constant strings; everything a person wrote is set as text.
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
  user: 'Write the user turn…',
  assistant: 'Assistant turn. As the last message it is a prefill: the model continues it.',
  tool: 'Tool result (JSON or text)…',
};

function make(tag, className, attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function icon(name) {
  const holder = make('span', 'icon', { 'aria-hidden': 'true' });
  holder.innerHTML = `<svg viewBox="0 0 20 20"><path d="${ICONS[name]}"/></svg>`;
  return holder;
}

function iconButton(act, label) {
  const button = make('button', 'turn-button', { type: 'button', title: label, 'aria-label': label });
  button.dataset.act = act;
  button.append(icon(act));
  return button;
}

function newRow(id) {
  const row = make('div', 'turn', { role: 'listitem' });
  row.dataset.id = id;
  const grip = make('span', 'turn-grip', { draggable: 'true', title: 'Drag to reorder' });
  grip.append(icon('grip'));
  const role = make('select', 'turn-role', { 'aria-label': 'Role' });
  for (const name of Object.keys(PLACEHOLDERS)) {
    role.append(new Option(name[0].toUpperCase() + name.slice(1), name));
  }
  const buttons = make('span', 'turn-buttons');
  buttons.append(
    iconButton('image', 'Attach image'), iconButton('insert', 'Insert a message below'),
    iconButton('duplicate', 'Duplicate message'), iconButton('up', 'Move up (Alt+Up)'),
    iconButton('down', 'Move down (Alt+Down)'), iconButton('remove', 'Remove message'),
  );
  const head = make('div', 'turn-head');
  head.append(grip, role, make('span', 'turn-tag'), make('span', 'turn-count'), buttons);
  const text = make('textarea', 'turn-text', { rows: '1', spellcheck: 'false' });
  row.append(head, text, make('div', 'turn-images'));
  return row;
}

// The height follows the text; browsers with field-sizing do it in CSS.
function fitHeight(text) {
  if (CSS.supports('field-sizing', 'content')) return;
  text.style.height = 'auto';
  text.style.height = `${Math.min(360, text.scrollHeight + 2)}px`;
}

function drawRow(row, turn, place, { last, tokens, imagesAllowed }) {
  row.dataset.role = turn.role;
  const role = row.querySelector('.turn-role');
  const text = row.querySelector('.turn-text');
  const isPrefill = last && turn.role === 'assistant';
  role.value = turn.role;
  if (text.value !== turn.text && document.activeElement !== text) {
    text.value = turn.text;
    fitHeight(text);
  }
  text.placeholder = PLACEHOLDERS[turn.role];
  text.setAttribute('aria-label', `Message ${place + 1}, ${turn.role}`);
  row.querySelector('.turn-tag').textContent = isPrefill ? 'prefill → continue' : '';
  row.querySelector('.turn-count').textContent = tokens == null ? '' : `${tokens} tok`;
  row.querySelector('[data-act=image]').hidden = !imagesAllowed;
  row.querySelector('[data-act=up]').disabled = place === 0;
  row.querySelector('[data-act=down]').disabled = last;
  drawImages(row.querySelector('.turn-images'), turn);
}

function drawImages(holder, turn) {
  const key = JSON.stringify([turn.images, turn.uploading]);
  if (holder.dataset.key === key) return;
  holder.dataset.key = key;
  holder.textContent = '';
  turn.images.forEach((image, number) => {
    const figure = make('figure', '');
    const name = image.name || `Image ${number + 1}`;
    const caption = make('figcaption', '');
    caption.textContent = name;
    const missing = () => {
      figure.className = 'missing';
      caption.textContent = `Image missing: ${name}`;
      caption.title = 'The file is gone from the server. Attach it again, or remove it.';
    };
    const picture = make(image.missing ? 'span' : 'img', 'picture');
    if (image.missing) missing();
    else {
      picture.addEventListener('error', missing);
      Object.assign(picture, { src: image.url, alt: name });
    }
    const button = (act, sign, label, side) => {
      const node = make('button', side, { type: 'button', 'aria-label': label, title: label });
      Object.assign(node.dataset, { act, number });
      node.textContent = sign;
      return node;
    };
    figure.append(
      picture, caption, button('removeImage', '×', `Remove ${name}`, 'right'),
      button('replaceImage', '⇄', `Replace ${name}`, 'left'),
      button('replaceImage', 'Attach again', `Attach ${name} again`, 'again'),
    );
    holder.append(figure);
  });
  if (turn.uploading) {
    const note = make('span', 'turn-uploading');
    note.textContent = 'Uploading…';
    holder.append(note);
  }
}
