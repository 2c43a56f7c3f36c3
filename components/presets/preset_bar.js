// Preset buttons, shipped and own. The active one is marked; changes to it are shown and can be undone.
// A part is redrawn only after a change, so that a pressed button is not replaced.
import { actButton, button, drawnOnce, make, saveFile } from '../dom.js';
import { closesOnEscape } from '../escape_key.js';
import { presetForm, readPreset } from './own_preset_form.js';

const MENU = [['Edit', 'edit'], ['Duplicate', 'duplicate'], ['Download', 'export'], ['Delete', 'delete']];

export function mount({ element, trigger, props, watch }) {
  const $ = (name) => element.querySelector(`.own-preset-${name}`);
  const own = element.querySelector('.own-presets');
  const state = element.querySelector('.preset-state');
  const menu = $('menu');
  const files = $('files');
  const act = (name, data) => trigger('own', { act: name, ...data });
  const form = presetForm(element, (data) => act('save', data));
  let menuOf = ''; // the key of the preset whose menu is open
  const chosen = () => props.own.find((preset) => preset.key === menuOf);

  // -- drawing ------------------------------------------------------------------------------
  function presetButton({ key, name, title }) {
    return button(name, { title, dataset: { key }, 'aria-pressed': String(key === props.value && !props.invalid) });
  }
  function ownButton(preset) {
    const more = actButton('⋯', 'menu', { of: preset.key }, `Actions for preset ${preset.name}`);
    more.setAttribute('aria-expanded', String(preset.key === menuOf));
    return make('span.own-preset', presetButton(preset), more);
  }
  const drawShipped = drawnOnce(() => element.querySelector('[data-group=shipped]')
    .replaceChildren(...props.presets.map(presetButton)));
  const drawOwn = drawnOnce(() => {
    const buttons = props.own.map(ownButton);
    own.replaceChildren(...buttons);
    const place = props.own.findIndex((preset) => preset.key === menuOf);
    if (place >= 0) buttons[place].after(menu); // below its own preset
    else own.after(menu);
  });
  const drawMenu = drawnOnce(([name]) => {
    menu.hidden = !name;
    menu.textContent = '';
    if (!name) return;
    menu.setAttribute('aria-label', `Preset ${name}`);
    menu.append(...MENU.map(([text, does]) => actButton(text, does, {}, `${text} preset ${name}`)));
  });
  const drawState = drawnOnce(() => {
    const { modified, value, invalid } = props;
    const name = [...props.presets, ...props.own].find((preset) => preset.key === value)?.name;
    if (invalid) state.replaceChildren(make('span.preset-invalid', { title: invalid }, 'A value is not valid.'));
    else if (!name) state.textContent = '';
    else if (!modified.length) state.textContent = `${name} is active.`;
    else {
      state.replaceChildren(
        make('span.preset-modified', { title: `Changed: ${modified.join(', ')}` }, 'modified'),
        button(`Restore ${name}`, { dataset: { key: value } }),
      );
    }
  });
  const drawBroken = drawnOnce((broken) => $('broken').replaceChildren(...(broken.length ? [
    make('b', 'These files could not be read. They stay in the data folder:'),
    ...broken.map((reason) => make('p', reason)),
  ] : [])));
  function draw() {
    const { key, of } = element.contains(document.activeElement) ? document.activeElement.dataset : {};
    const { value, modified, broken, invalid } = props;
    drawShipped([value, invalid]);
    drawOwn([value, invalid, props.own, menuOf]);
    own.hidden = !props.own.length;
    drawMenu([chosen()?.name, chosen()?.key]);
    drawState([value, invalid, props.own, modified]);
    drawBroken(broken);
    if (key) element.querySelector(`.presets [data-key="${CSS.escape(key)}"]`)?.focus();
    if (of) focusMenuOf(of);
  }
  function focusMenuOf(key) {
    element.querySelector(`[data-of="${CSS.escape(key)}"]`)?.focus();
  }
  closesOnEscape('own preset menu', menu, () => {
    const of = menuOf;
    menuOf = '';
    draw();
    focusMenuOf(of);
  });

  // -- the result of an action --------------------------------------------------------------
  function noteLine(line, gone) {
    return make('p', line, gone && [' ', actButton('Undo', 'restore', { gone })]);
  }
  function showReply() {
    const reply = props.reply || {};
    const { error, notes, gone, file } = reply;
    $('error').textContent = '';
    const mayReplace = form.answered(reply);
    $('notes').replaceChildren(...(notes || []).map((line) => noteLine(line, gone)));
    const faults = (error || '').split('\n').filter(Boolean).map((line) => make('p.own-preset-fault', line));
    if (mayReplace) faults.push(make('p', 'Press “Replace” to overwrite it, or change the name.'));
    (form.isOpen() ? $('error') : $('notes')).append(...faults);
    if (file) saveFile(file.name, file.text, 'application/yaml');
  }

  // -- actions ------------------------------------------------------------------------------
  const OWN_ACTS = {
    new: form.toggle,
    cancel: form.close,
    import: () => files.click(),
    menu: ({ of }) => {
      menuOf = menuOf === of ? '' : of;
      draw();
    },
    edit: () => form.open(chosen(), menuOf === props.value),
    restore: ({ gone }) => act('restore', { gone }),
  };
  for (const name of ['duplicate', 'export', 'delete']) OWN_ACTS[name] = () => act(name, { key: menuOf });
  files.addEventListener('change', async () => {
    const all = [...files.files];
    files.value = '';
    if (all.length) act('import', { files: await Promise.all(all.map(readPreset)) });
  });
  element.addEventListener('click', (event) => {
    const data = event.target.closest('button')?.dataset;
    if (data?.key) trigger('pick', { key: data.key });
    else if (data?.act) OWN_ACTS[data.act](data);
  });
  watch(['value', 'modified', 'invalid', 'own', 'broken'], draw);
  watch('reply', showReply);
  draw();
}
