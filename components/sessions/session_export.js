// The form that exports the current page, a session, or one of its versions.
import { option } from '../dom.js';
import { size } from './session_list.js';

// `|` can't be in a key.
function chosen(form) {
  const [key, number] = form.source.value.split('|');
  return { key, number: Number(number || 0) };
}
function sources({ shown, sessions }) {
  const session = sessions.find((one) => one.key === shown?.key);
  if (!session) return [];
  return [
    option(`${session.key}|`, `${session.name}, newest version`),
    ...shown.versions.map(({ number }) =>
      option(`${session.key}|${number}`, `${session.name}, version ${number}`)),
  ];
}

// box: around the checkbox for images. source: the choice; left out, it stays.
export function drawExport(form, box, value, source = form.source.value) {
  const { shown, export_forms: forms, page_images: pageImages } = value;
  form.source.replaceChildren(option('', 'Current page'), ...sources(value));
  form.source.value = source;
  if (form.source.selectedIndex < 0) form.source.value = '';
  const before = form.form.value;
  form.form.replaceChildren(...forms
    .filter((one) => one.key !== 'session' || form.source.value.endsWith('|'))
    .map((one) => option(one.key, one.name, before)));
  const { key, number } = chosen(form);
  const versions = shown?.versions || [];
  const one = versions.find((version) => version.number === number) || versions[0];
  const bytes = key ? one?.images : pageImages;
  const { images } = forms.find((entry) => entry.key === form.form.value) || {};
  box.hidden = !bytes || !images;
  box.querySelector('span').textContent = `with images (${size((bytes || 0) * 4 / 3)})`;
}
// The data for the server.
export function exported(form, box) {
  const { key, number } = chosen(form);
  const images = form.images.checked && !box.hidden;
  return { form: form.form.value, images, ...(key ? { key, number } : {}) };
}
