// The form of an own preset, and imported files. Typed text stays until it is saved.
import { closesOnEscape } from '../escape_key.js';

const PARTS = ['images', 'system', 'messages'];
const LARGEST_FILE = 1_000_000; // bytes; the server's own limit
const PATIENCE_MS = 8000; // a server that doesn't answer must not block the form

export async function readPreset(file) {
  const { name } = file;
  if (file.size > LARGEST_FILE) return { name, error: 'it is larger than 1,000,000 bytes.' };
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    return { name, text: decoder.decode(await file.arrayBuffer()) };
  } catch {
    return { name, error: 'it is not UTF-8 text.' };
  }
}

// save: gets the data for the server. Returns the functions that the bar needs.
export function presetForm(element, save) {
  const form = element.querySelector('.own-preset-form');
  const opener = element.querySelector('[data-act=new]');
  const submit = form.querySelector('[type=submit]');
  const field = (name) => form.elements.namedItem(name);
  let editing = null; // the own preset that is being edited; null: a new one
  let replaces = false;

  function sayTaken(taken) {
    replaces = taken;
    submit.textContent = taken ? 'Replace' : 'Save';
  }
  function showParts() {
    form.querySelector('fieldset').hidden = !field('from_page').checked;
  }
  function open(preset, isActive) {
    editing = preset;
    form.querySelector('.own-preset-error').textContent = '';
    sayTaken(false);
    field('name').value = preset?.name ?? '';
    field('note').value = preset?.note ?? '';
    field('from_page').checked = !preset || isActive;
    field('from_page').closest('label').hidden = !preset;
    for (const part of PARTS) field(part).checked = preset?.holds[part] ?? false;
    // Gradio removes the image panel if the model in use can't read images.
    field('images').closest('label').hidden =
      document.querySelector('.side-row').hidden && !field('images').checked;
    showParts();
    form.hidden = false;
    opener.setAttribute('aria-expanded', String(!preset));
    field('name').focus();
  }
  function close() {
    form.hidden = true;
    opener.setAttribute('aria-expanded', 'false');
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit.disabled = true;
    setTimeout(() => { submit.disabled = false; }, PATIENCE_MS);
    save({
      key: editing?.key ?? '',
      name: field('name').value,
      note: field('note').value,
      from_page: field('from_page').checked,
      holds: Object.fromEntries(PARTS.map((name) => [name, field(name).checked])),
      replaces,
    });
  });
  field('name').addEventListener('input', () => sayTaken(false));
  field('from_page').addEventListener('change', showParts);
  closesOnEscape('own preset form', form, () => {
    close();
    opener.focus();
  });
  return {
    open,
    close,
    toggle: () => (form.hidden || editing ? open(null, false) : close()),
    isOpen: () => !form.hidden,
    // The server's answer. taken: whether another preset has the name. Returns true if it may be replaced.
    answered({ saved, taken }) {
      submit.disabled = false;
      if (saved) close();
      const mayReplace = Boolean(taken && !editing);
      if (mayReplace) sayTaken(true);
      return mayReplace;
    },
  };
}
