// The dialogs of a sheet: its rows, its checks and its settings. What the server refuses is said in the
// dialog, which stays open.
import { button, counted, make, option } from '../dom.js';
import { checkForm } from './check_form.js';

let shown = null; // the open dialog: {act, close, refuse}

// act: what the dialog asks for; the answer to it closes it.
function show(name, act, parts, submit, word) {
  const refusal = make('p.sheet-refused', { role: 'alert' });
  const cancel = button('Cancel');
  const form = make('form', make('h2', name), parts, refusal,
    make('div.sheet-line.end', cancel, make('button.sheet-primary', { type: 'submit' }, word)));
  const dialog = make('dialog.sheet-dialog', { 'aria-label': name }, form);
  const close = () => dialog.close();
  cancel.addEventListener('click', close);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    refusal.textContent = '';
    submit(form);
  });
  dialog.addEventListener('close', () => { dialog.remove(); shown = null; });
  document.querySelector('.gradio-container').append(dialog);
  dialog.showModal();
  shown = { act, close, refuse: (words) => { refusal.textContent = words; } };
  return { dialog, refuse: shown.refuse };
}
// Whether a dialog took the answer. done: the act that it answers.
export function dialogAnswered({ refused, done, opened }) {
  if (!shown) return false;
  if (refused) shown.refuse(refused);
  else if (done === shown.act || done === 'images' || opened) shown.close();
  return true;
}
async function uploaded(upload, file) {
  const { path } = await upload(file);
  return { file: path, name: file.name }; // Gradio looks for files under the name `path`
}
export async function sendFile(upload, file, send, refuse) {
  try {
    send(await uploaded(upload, file));
  } catch (error) {
    refuse(`${file.name} could not be uploaded: ${error?.message || error}`);
  }
}

// send: (act, data).
export function rowsDialog(sheet, upload, send, pasted = '') {
  const text = make('textarea', { rows: 8, spellcheck: false, value: pasted, placeholder: sheet.columns.join('\t') });
  const file = make('input', { type: 'file', accept: '.csv,.tsv,.txt,.json,.jsonl,.xlsx', 'aria-label': 'Choose a file of rows' });
  const images = make('input', { type: 'file', accept: 'image/*,.zip', multiple: true, 'aria-label': 'Choose images or a ZIP file of them' });
  const how = make('select', { 'aria-label': 'What to do with the rows' },
    option('add', `Add to the existing ${counted(sheet.rows, 'row')}`), option('replace', 'Replace all rows'));
  const replaces = () => Boolean(sheet.rows) && how.value === 'replace';
  const { refuse } = show('Rows', 'rows', [
    make('label', make('span', 'Paste rows from a spreadsheet. A header row is recognised.'), text), sheet.rows > 0 && how,
    make('div.sheet-line', make('label.sheet-file', 'Choose a file', file), make('span.sheet-quiet', 'CSV, TSV, JSONL or XLSX')),
    sheet.images && make('div.sheet-line', make('label.sheet-file', 'Add images', images),
      make('span.sheet-quiet', `or a ZIP file of them, named as in ${sheet.images}; ${sheet.image_files.length} so far`)),
  ], () => {
    if (text.value.trim()) send('rows', { text: text.value, replaces: replaces() });
    else refuse('Paste some rows first, or choose a file.');
  }, 'Add rows');
  file.addEventListener('change', () => file.files[0] && sendFile(upload, file.files[0],
    (data) => send('rows', { ...data, replaces: replaces() }), refuse));
  images.addEventListener('change', async () => {
    const files = [];
    try {
      for (const one of images.files) files.push(await uploaded(upload, one));
      send('images', { files });
    } catch (error) {
      refuse(`An image could not be uploaded: ${error?.message || error}`);
    }
  });
  text.focus();
}
export function checksDialog(sheet, models, send) {
  const form = checkForm(sheet.checks, models);
  show('Checks', 'checks', [
    make('p.sheet-quiet', 'A value may use columns; {{expected}} is the expected answer. A judge’s prompt may also use {{answer}}. When checks change, existing answers are checked again; only a judge runs a model.'),
    form.node,
  ], () => send('checks', { checks: form.checks() }), 'Check the answers');
}
export function settingsDialog(sheet, limits, send) {
  const columns = (chosen, none) => [option('', none, chosen), ...sheet.columns.map((name) => option(name, name, chosen))];
  const fields = {
    name: make('input', { type: 'text', maxLength: limits.name, value: sheet.name }),
    expected: make('select', columns(sheet.expected, 'No column')),
    images: make('select', columns(sheet.images, 'No column')),
    samples: make('input', { type: 'number', min: 1, max: limits.samples, value: sheet.samples }),
    seed: make('input', { type: 'number', min: 0, value: sheet.seed }),
  };
  const row = (label, name, note = '') => make('label', make('span', label), fields[name], note && make('small', note));
  const { dialog } = show('Settings of the sheet', 'settings', [
    row('Name', 'name'),
    row('Expected answer', 'expected', 'Checks refer to it as {{expected}}.'),
    row('Image', 'images', 'The column that names an image for the last user message.'),
    row('Answers for each row and lane', 'samples', `1 to ${limits.samples}, each with its own seed. A greedy lane answers once.`),
    row('First seed', 'seed', 'For lanes without their own seed.'),
    button('Delete the sheet…', { className: 'sheet-delete' }),
  ], () => send('settings', {
    name: fields.name.value, expected: fields.expected.value, images: fields.images.value,
    samples: Number(fields.samples.value), seed: Number(fields.seed.value),
  }), 'Save');
  dialog.querySelector('.sheet-delete').addEventListener('click', () => {
    shown.close();
    send('delete');
  });
}
