// The Sessions tab. What a person looks at (query, unfolded session) goes along with every event.
const $ = (name) => element.querySelector(`.sessions-${name}`);
const ask = $('form');
const importing = $('import');
const exporting = $('export');
const query = $('query');
let unfold = null; // the key of the unfolded session; null: the current one
let sent = 0;
let drawn = 0;
let source = null; // what was imported last: a file's path or a text
let downloaded = null;
let visible = false;

const LOOKS = ['refresh', 'compare', 'export'];
const OPENS = ['open', 'restore', 'import'];
function send(act, data = {}) {
  sent += 1;
  const view = { act, query: query.value, unfold, seq: sent, ...data };
  if (LOOKS.includes(act)) trigger('look', view);
  else if (OPENS.includes(act)) trigger('open', view);
  else trigger('edit', view);
}

// -- forms ----------------------------------------------------------------------------------
function question(label, value, done, { empty = false } = {}) {
  ask.hidden = false;
  ask.textContent = '';
  const form = make('form', undefined, 'sessions-line');
  const field = make('input');
  Object.assign(field, { type: 'text', maxLength: 120, value });
  const box = make('label', label);
  box.append(field);
  const save = make('button', 'OK');
  save.type = 'submit';
  form.append(box, save, button('Cancel', 'cancel'));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!field.value.trim() && !empty) return;
    ask.hidden = true;
    done(field.value);
  });
  ask.append(form);
  field.focus();
  field.select();
}
function fold(form, act, open = form.hidden) {
  form.hidden = !open;
  element.querySelector(`header [data-act=${act}]`).setAttribute('aria-expanded', String(open));
}
closesOnEscape('session export', exporting, () => fold(exporting, 'export', false));
closesOnEscape('session import', importing, () => fold(importing, 'import', false));
closesOnEscape('session question', ask, () => ACTS.cancel());
function option(value, text, chosen) {
  const node = new Option(text, value);
  node.selected = Boolean(chosen);
  return node;
}
// Of the page as it is, of a session, or of one version: `|` can't be in a key.
function drawExport(chosen = exporting.source.value) {
  const { shown, export_forms: forms, page_images: pageImages } = props.value;
  const session = props.value.sessions.find((one) => one.key === shown?.key);
  exporting.source.replaceChildren(option('', 'The page as it is'));
  if (session) {
    exporting.source.append(option(`${session.key}|`, `${session.name}, newest version`));
    for (const version of shown.versions) {
      exporting.source.append(option(`${session.key}|${version.number}`, `${session.name}, version ${version.number}`));
    }
  }
  exporting.source.value = chosen;
  if (exporting.source.selectedIndex < 0) exporting.source.value = '';
  const form = exporting.form.value;
  exporting.form.replaceChildren(...forms
    .filter((one) => one.key !== 'session' || exporting.source.value.endsWith('|'))
    .map((one) => option(one.key, one.name, one.key === form)));
  const [key, number] = exporting.source.value.split('|');
  const versions = shown?.versions || [];
  const one = versions.find((version) => version.number === Number(number)) || versions[0];
  const bytes = key ? one?.images : pageImages;
  const { images } = forms.find((entry) => entry.key === exporting.form.value) || {};
  $('images').hidden = !bytes || !images;
  $('images').querySelector('span').textContent = `with images (${size((bytes || 0) * 4 / 3)})`;
}

// -- acts -----------------------------------------------------------------------------------
function startImport(next) {
  source = next;
  send('import', next);
}
async function importFile(file) {
  try {
    const { path } = await upload(file);
    startImport({ file: path, name: file.name });
  } catch (error) {
    drawSaid($('said'), { said: { title: `${file.name} could not be uploaded: ${error?.message || error}`, lines: [] } });
  }
}
const ACTS = {
  save: () => (props.value?.current?.key ? send('save') : ACTS.save_as()),
  save_as: () => question('Save as', props.value?.current?.name || '', (name) => send('save_as', { name })),
  import: () => fold(importing, 'import'),
  export: ({ key, number }) => {
    if (!key) fold(exporting, 'export');
    else fold(exporting, 'export', true);
    drawExport(key ? `${key}|${number || ''}` : '');
    if (key) exporting.scrollIntoView({ block: 'nearest' });
  },
  unfold: ({ key }) => {
    unfold = props.value.shown?.key === key ? '' : key;
    send('refresh');
  },
  label: ({ key, number, name }) => question(`Name of version ${number}`, name, (text) => send('label', { key, number: Number(number), name: text }), { empty: true }),
  rename: ({ key, name }) => question('New name', name, (text) => send('rename', { key, name: text })),
  choose: ({ place }) => send('import', { ...source, place: Number(place) }),
  close_diff: () => send('refresh'),
  cancel: () => { ask.hidden = true; },
};
element.addEventListener('click', (event) => {
  const node = event.target.closest('[data-act]');
  if (!node) return;
  const { act, ...data } = node.dataset;
  if (ACTS[act]) ACTS[act](data);
  else send(act, { ...data, ...(data.number ? { number: Number(data.number) } : {}) });
});
importing.addEventListener('submit', (event) => {
  event.preventDefault();
  const field = importing.querySelector('textarea');
  if (field.value.trim()) startImport({ text: field.value });
});
importing.querySelector('[type=file]').addEventListener('change', (event) => {
  if (event.target.files[0]) importFile(event.target.files[0]);
  event.target.value = '';
});
element.addEventListener('dragover', (event) => {
  if ([...event.dataTransfer.types].includes('Files')) event.preventDefault();
});
element.addEventListener('drop', (event) => {
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  importFile(event.dataTransfer.files[0]);
});
exporting.addEventListener('change', () => drawExport());
exporting.addEventListener('submit', (event) => {
  event.preventDefault();
  const [key, number] = exporting.source.value.split('|');
  send('export', {
    form: exporting.form.value, images: exporting.images.checked && !$('images').hidden,
    ...(key ? { key, number: Number(number || 0) } : {}),
  });
});
let typing = null;
query.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => send('refresh'), 200);
});

// -- from the server ------------------------------------------------------------------------
function download({ name, text, id }) {
  if (id === downloaded) return;
  downloaded = id;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
function draw() {
  const { value } = props;
  if (!value) return;
  if (value.download) download(value.download);
  if (value.seq < drawn) return; // an answer to an older question
  drawn = value.seq;
  if (value.imported) {
    fold(importing, 'import', false);
    importing.querySelector('textarea').value = '';
  }
  if (value.shown) unfold = value.shown.key;
  drawList(element, value);
  if (!value.keep) { // else the answer to a save elsewhere, beside what is said and compared here
    drawSaid($('said'), value);
    drawDiff($('diff'), value.diff);
  }
  if (!exporting.hidden) drawExport();
}
watch('value', draw);
new IntersectionObserver(([entry]) => {
  if (entry.isIntersecting && !visible) send('refresh');
  visible = entry.isIntersecting;
}).observe(element);
window.sessionPanelListeners?.abort();
window.sessionPanelListeners = new AbortController();
window.addEventListener('session-changed', () => {
  if (visible) send('refresh', { keep: true });
}, { signal: window.sessionPanelListeners.signal });
draw();
