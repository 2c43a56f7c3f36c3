// The Sessions tab. Every event includes what a person sees: the query and the unfolded session.
import { actButton, make, saveFile } from '../dom.js';
import { closesOnEscape } from '../escape_key.js';
import { Questions } from '../questions.js';
import { saving } from './session_bar.js';
import { diffNode } from './session_diff.js';
import { drawExport, exported } from './session_export.js';
import { drawList, drawSaid } from './session_list.js';

const EVENTS = {
  refresh: 'look', compare: 'look', export: 'look', open: 'open', restore: 'open', import: 'open',
}; // the others are `edit`
const SEARCH_MS = 200;

export function mount({ element, trigger, props, upload, watch, signal }) {
  const $ = (name) => element.querySelector(`.sessions-${name}`);
  const [ask, importing, exporting, query] = ['form', 'import', 'export', 'query'].map($);
  const questions = new Questions();
  let unfold = null; // the key of the unfolded session; null: the current one
  let source = null; // the last import: a file's path or a text
  let downloaded = null;
  let visible = false;
  let typing = null;

  function send(act, data = {}) {
    trigger(EVENTS[act] || 'edit', questions.next({ act, query: query.value, unfold, ...data }));
  }

  // -- forms --------------------------------------------------------------------------------
  function question(label, value, done, { empty = false } = {}) {
    const field = make('input', { type: 'text', maxLength: 120, value });
    const form = make(
      'form.sessions-line', make('label', label, field), make('button', { type: 'submit' }, 'OK'),
      actButton('Cancel', 'cancel'),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!field.value.trim() && !empty) return;
      ask.hidden = true;
      done(field.value);
    });
    ask.hidden = false;
    ask.replaceChildren(form);
    field.focus();
    field.select();
  }
  function fold(form, act, open = form.hidden) {
    form.hidden = !open;
    element.querySelector(`header [data-act=${act}]`).setAttribute('aria-expanded', String(open));
  }
  const showExport = (chosen) => drawExport(exporting, $('images'), props.value, chosen);

  // -- acts ---------------------------------------------------------------------------------
  function startImport(next) {
    source = next;
    send('import', next);
  }
  async function importFile(file) {
    try {
      const { path } = await upload(file);
      startImport({ file: path, name: file.name });
    } catch (error) {
      const title = `${file.name} could not be uploaded: ${error?.message || error}`;
      drawSaid($('said'), { notice: { title, lines: [] } });
    }
  }
  const ACTS = {
    save: () => (props.value?.current?.key ? send('save', saving()) : ACTS.save_as()),
    save_as: () =>
      question('Save as', props.value?.current?.name || '', (name) => send('save_as', saving({ name }))),
    import: () => fold(importing, 'import'),
    export: ({ key, number }) => {
      if (!key) fold(exporting, 'export');
      else fold(exporting, 'export', true);
      showExport(key ? `${key}|${number || ''}` : '');
      if (key) exporting.scrollIntoView({ block: 'nearest' });
    },
    unfold: ({ key }) => {
      unfold = props.value.shown?.key === key ? '' : key;
      send('refresh');
    },
    label: ({ key, number, name }) => question(`Label of version ${number}`, name,
      (text) => send('label', { key, number: Number(number), name: text }), { empty: true }),
    rename: ({ key, name }) => question('New name', name, (text) => send('rename', { key, name: text })),
    choose: ({ place }) => send('import', { ...source, place: Number(place) }),
    close_diff: () => send('refresh'),
    cancel: () => { ask.hidden = true; },
  };
  closesOnEscape('session export', exporting, () => fold(exporting, 'export', false));
  closesOnEscape('session import', importing, () => fold(importing, 'import', false));
  closesOnEscape('session question', ask, ACTS.cancel);
  element.addEventListener('click', (event) => {
    const { act, ...data } = event.target.closest('[data-act]')?.dataset || {};
    if (ACTS[act]) ACTS[act](data);
    else if (act) send(act, { ...data, ...(data.number ? { number: Number(data.number) } : {}) });
  });
  importing.addEventListener('submit', (event) => {
    event.preventDefault();
    const { value } = importing.querySelector('textarea');
    if (value.trim()) startImport({ text: value });
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
  exporting.addEventListener('change', () => showExport());
  exporting.addEventListener('submit', (event) => {
    event.preventDefault();
    send('export', exported(exporting, $('images')));
  });
  query.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => send('refresh'), SEARCH_MS);
  });

  // -- from the server ----------------------------------------------------------------------
  function draw() {
    const { value } = props;
    if (!value) return;
    if (value.download && value.download.id !== downloaded) {
      downloaded = value.download.id;
      saveFile(value.download.name, value.download.text);
    }
    if (!questions.takes(value)) return;
    if (value.imported) {
      fold(importing, 'import', false);
      importing.querySelector('textarea').value = '';
    }
    if (value.shown) unfold = value.shown.key;
    drawList($, value);
    if (!value.keep) { // otherwise it answers a save elsewhere: notice and comparison stay
      drawSaid($('said'), value);
      $('diff').replaceChildren(...(value.diff ? [diffNode(value.diff)] : []));
    }
    if (!exporting.hidden) showExport();
  }
  watch('value', draw);
  const seen = new IntersectionObserver(([entry]) => {
    if (entry.isIntersecting && !visible) send('refresh');
    visible = entry.isIntersecting;
  });
  seen.observe(element);
  signal.addEventListener('abort', () => seen.disconnect());
  window.addEventListener('session-changed', () => {
    if (visible) send('refresh', { keep: true });
  }, { signal });
  draw();
}
