// What can be done with one own preset, what became of it, and which files can't be read.
const menu = element.querySelector('.own-preset-menu');
const notes = element.querySelector('.own-preset-notes');
let menuOf = ''; // the key of the preset whose menu is open

function make(tag, text, name) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (name) node.className = name;
  return node;
}
function actButton(text, act, label) {
  const button = make('button', text);
  button.type = 'button';
  button.dataset.act = act;
  if (label) button.setAttribute('aria-label', label);
  return button;
}
function drawMenu(preset) {
  menu.hidden = !preset;
  menu.textContent = '';
  if (!preset) return;
  menu.setAttribute('aria-label', `Preset ${preset.name}`);
  for (const [text, act] of [
    ['Edit', 'edit'], ['Duplicate', 'duplicate'], ['Download', 'export'], ['Delete', 'delete'],
  ]) menu.append(actButton(text, act, `${text} preset ${preset.name}`));
}
closesOnEscape('own preset menu', menu, () => {
  const of = menuOf;
  menuOf = '';
  draw();
  element.querySelector(`[data-of="${CSS.escape(of)}"]`)?.focus();
});
function drawBroken() {
  const box = element.querySelector('.own-preset-broken');
  box.textContent = '';
  if (!props.broken.length) return;
  box.append(make('b', 'Not read, and left as they are in the data folder:'));
  for (const reason of props.broken) box.append(make('p', reason));
}
function showReply() {
  const { error, notes: said, saved, taken, gone, file } = props.reply || {};
  form.querySelector('[type=submit]').disabled = false;
  notes.textContent = '';
  formError.textContent = '';
  if (saved) closeForm();
  if (taken && !editing) sayTaken(true);
  for (const line of said || []) {
    const row = make('p', line);
    if (gone) {
      row.append(' ', actButton('Bring back', 'restore'));
      row.lastChild.dataset.gone = gone;
    }
    notes.append(row);
  }
  const place = form.hidden ? notes : formError;
  for (const line of (error || '').split('\n').filter(Boolean)) {
    place.append(make('p', line, 'own-preset-fault'));
  }
  if (taken && !editing) place.append(make('p', 'Press “Replace” to write over it, or change the name.'));
  if (file) download(file);
}
const OWN_ACTS = {
  new: () => (form.hidden || editing ? openForm(null, false) : closeForm()),
  cancel: closeForm,
  import: () => files.click(),
  menu: (button) => {
    menuOf = menuOf === button.dataset.of ? '' : button.dataset.of;
    draw();
  },
  edit: () => openForm(props.own.find((one) => one.key === menuOf), menuOf === props.value),
  duplicate: () => trigger('own', { act: 'duplicate', key: menuOf }),
  export: () => trigger('own', { act: 'export', key: menuOf }),
  delete: () => trigger('own', { act: 'delete', key: menuOf }),
  restore: (button) => trigger('own', { act: 'restore', gone: button.dataset.gone }),
};
