// The form of an own preset, and files from elsewhere. What was typed stays until it is saved.
const form = element.querySelector('.own-preset-form');
const files = element.querySelector('.own-preset-files');
const formError = element.querySelector('.own-preset-error');
const LARGEST_FILE = 1_000_000; // bytes; the server's own limit
const PATIENCE_MS = 8000; // a server that doesn't answer must not lock the form
let editing = null; // the own preset that is edited; null: a new one
let replaces = false;

const field = (name) => form.elements.namedItem(name);
function sayTaken(taken) {
  replaces = taken;
  form.querySelector('[type=submit]').textContent = taken ? 'Replace' : 'Save';
}
function showParts() {
  form.querySelector('fieldset').hidden = !field('from_page').checked;
}
function openForm(preset, isActive) {
  editing = preset;
  formError.textContent = '';
  sayTaken(false);
  field('name').value = preset?.name ?? '';
  field('note').value = preset?.note ?? '';
  field('from_page').checked = !preset || isActive;
  field('from_page').closest('label').hidden = !preset;
  for (const part of ['images', 'system', 'messages']) {
    field(part).checked = preset?.holds[part] ?? false;
  }
  // Gradio takes the image panel away where the model in use reads no images.
  field('images').closest('label').hidden =
    !document.querySelector('#images') && !field('images').checked;
  showParts();
  form.hidden = false;
  element.querySelector('[data-act=new]').setAttribute('aria-expanded', String(!preset));
  field('name').focus();
}
function closeForm() {
  form.hidden = true;
  element.querySelector('[data-act=new]').setAttribute('aria-expanded', 'false');
}
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const submit = form.querySelector('[type=submit]');
  submit.disabled = true;
  setTimeout(() => { submit.disabled = false; }, PATIENCE_MS);
  trigger('own', {
    act: 'save',
    key: editing?.key ?? '',
    name: field('name').value,
    note: field('note').value,
    from_page: field('from_page').checked,
    holds: Object.fromEntries(['images', 'system', 'messages'].map((n) => [n, field(n).checked])),
    replaces,
  });
});
field('name').addEventListener('input', () => sayTaken(false));
field('from_page').addEventListener('change', showParts);
closesOnEscape('own preset form', form, () => {
  closeForm();
  element.querySelector('[data-act=new]').focus();
});
async function read(file) {
  if (file.size > LARGEST_FILE) return { name: file.name, error: 'it has more than 1,000,000 bytes.' };
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return { name: file.name, text: decoder.decode(await file.arrayBuffer()) };
  } catch {
    return { name: file.name, error: 'it is not UTF-8 text.' };
  }
}
files.addEventListener('change', async () => {
  const chosen = [...files.files];
  files.value = '';
  if (chosen.length) trigger('own', { act: 'import', files: await Promise.all(chosen.map(read)) });
});
function download({ name, text }) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
