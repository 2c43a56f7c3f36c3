// What one lane changes. The browser owns the value: {preset, sampling, images, system, model, pinned}.
const $ = (selector) => element.querySelector(selector);
const form = $('.lane-form');
const label = props.label;
let open = false;
let typedSystem = null; // what was typed into the system prompt and is not handed over yet

function settings() {
  return {
    preset: '', sampling: {}, images: {}, system: null, model: '', pinned: false, ...props.value,
  };
}
function change(changes) {
  props.value = { ...settings(), ...changes };
  draw();
  trigger('edit');
}
function option(value, text, chosen) {
  const node = document.createElement('option');
  node.value = value;
  node.textContent = text;
  node.selected = value === chosen;
  return node;
}
function labelled(text, control) {
  const node = document.createElement('label');
  const words = document.createElement('span');
  words.textContent = text;
  node.append(words, control);
  return node;
}
function numberField(group, field) {
  const input = document.createElement('input');
  Object.assign(input, { type: 'number', min: field.minimum, max: field.maximum, step: field.step });
  const value = settings()[group][field.name];
  input.value = value ?? '';
  input.placeholder = 'unchanged';
  input.addEventListener('change', () => {
    const values = { ...settings()[group] };
    if (input.value === '') delete values[field.name];
    else values[field.name] = Number(input.value);
    change({ [group]: values });
  });
  return labelled(field.label, input);
}
function select(text, value, choices, chosen) {
  const node = document.createElement('select');
  node.append(...choices.map(([key, name]) => option(key, name, value)));
  node.addEventListener('change', () => chosen(node.value));
  return labelled(text, node);
}
function drawForm() {
  const value = settings();
  form.textContent = '';
  for (const field of props.fields) form.append(numberField('sampling', field));
  if (props.images_allowed) {
    for (const field of props.image_fields) form.append(numberField('images', field));
    const splitting = value.images.do_image_splitting;
    form.append(select('Image splitting', String(splitting ?? ''),
      [['', 'unchanged'], ['true', 'on'], ['false', 'off']], (chosen) => {
        const images = { ...settings().images };
        if (chosen) images.do_image_splitting = chosen === 'true';
        else delete images.do_image_splitting;
        change({ images });
      }));
  }
  const models = [['', 'the one in use'], ...props.models.slice(1)];
  if (value.model && !models.some(([id]) => id === value.model)) {
    models.push([value.model, `${value.model} (not in memory)`]);
  }
  const model = select('Model', value.model, models, (chosen) => change({ model: chosen }));
  model.title = 'For another one: choose it in the sidebar and press “Load beside”.';
  form.append(model);
  const kind = value.system === null ? 'same' : (value.system ? 'own' : 'none');
  form.append(select('System prompt', kind,
    [['same', 'as in the messages'], ['none', 'none'], ['own', 'its own']], (chosen) => {
      change({ system: { same: null, none: '', own: 'You are a helpful assistant.' }[chosen] });
      drawForm();
    }));
  if (kind !== 'own') return;
  const text = document.createElement('textarea');
  text.value = value.system;
  text.rows = 3;
  let pause = null;
  text.addEventListener('input', () => {
    typedSystem = text.value;
    clearTimeout(pause);
    pause = setTimeout(handOver, 300);
  });
  text.addEventListener('change', handOver);
  const field = labelled('Own system prompt', text);
  field.className = 'wide';
  form.append(field);
}
function handOver() {
  if (typedSystem === null) return;
  const system = typedSystem;
  typedSystem = null;
  change({ system });
  keptDrafts.keepPart({ [`lane_${label}`]: props.value });
}
// As in the message editor: a key that may run the lanes hands over first, and so does leaving.
const listeners = `laneEditorListeners${label}`;
window[listeners]?.abort();
window[listeners] = new AbortController();
const early = { capture: true, signal: window[listeners].signal };
window.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey) handOver();
}, early);
window.addEventListener('pagehide', handOver, early);
function draw() {
  const value = settings();
  $('.lane-letter').textContent = label;
  const source = $('.lane-source');
  source.setAttribute('aria-label', `Settings of lane ${label}`);
  source.replaceChildren(
    option('', 'as in the sidebar', value.preset),
    ...props.presets.map((preset) => option(preset.key, preset.name, value.preset)),
  );
  $('[data-act=change]').setAttribute('aria-expanded', String(open));
  $('[data-act=pin]').setAttribute('aria-pressed', String(value.pinned));
  $('.lane-editor').dataset.pinned = String(value.pinned);
  form.hidden = !open;
  const chips = $('.lane-chips');
  const words = value.pinned ? ['pinned', ...props.chips] : props.chips;
  chips.replaceChildren(...words.map((text) => {
    const chip = document.createElement('span');
    chip.textContent = text;
    return chip;
  }));
  chips.title = props.effective;
}
element.addEventListener('click', (event) => {
  const act = event.target.closest('[data-act]')?.dataset.act;
  if (act === 'change') {
    open = !open;
    if (open) drawForm();
    draw();
  } else if (act === 'pin') change({ pinned: !settings().pinned });
  else if (act === 'promote') trigger('promote', { lane: label });
  else if (act === 'run') {
    const busy = element.closest('.lane-column')?.querySelector('[data-busy=true]');
    trigger(busy ? 'stop' : 'run', { lane: label });
  }
});
for (const [act, words] of Object.entries({
  change: `Change settings of lane ${label}`,
  run: `Run or stop lane ${label} alone`,
  pin: `Pin lane ${label}: its answer stays while the others run`,
  promote: `Use the settings of lane ${label} in the sidebar`,
})) {
  $(`[data-act=${act}]`).title = words;
  $(`[data-act=${act}]`).setAttribute('aria-label', words);
}
$('.lane-source').addEventListener('change', (event) => change({ preset: event.target.value }));
function redraw() {
  draw();
  if (open && !form.contains(document.activeElement)) drawForm();
}
watch(['chips', 'effective', 'models', 'presets', 'images_allowed'], redraw);
watch('value', () => { // by an act or by undo: only a field that is being filled in must stand
  const focused = document.activeElement;
  if (form.contains(focused) && !focused.matches('input, textarea')) focused.blur();
  redraw();
});
draw();
