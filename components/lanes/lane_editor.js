// What one lane changes. The browser owns the value: {preset, sampling, images, system, model, pinned}.
const $ = (selector) => element.querySelector(selector);
const form = $('.lane-form');
const label = props.label;
let open = false;
const typing = new Map(); // fields that are being filled in, each with what it changes

function settings(value = props.value) {
  return {
    preset: '', sampling: {}, images: {}, system: null, model: '', pinned: false, ...value,
  };
}
function change(changes) {
  props.value = { ...settings(), ...changes };
  draw();
  trigger('edit');
}
// Gives Gradio what is being typed. stored: the lane as Gradio has it.
function handOver(stored) {
  if (!typing.size) return stored;
  const value = [...typing.values()].reduce((lane, changed) => changed(lane), settings(stored));
  typing.clear();
  props.value = value;
  draw();
  keptDrafts.keepPart({ [`lane_${label}`]: value });
  undoSteps.recordPart({ [`lane_${label}`]: value });
  setTimeout(() => trigger('edit')); // not within the event that has asked for the value
  return value;
}
liveInputs.offer(`lane_${label}`, element, handOver);
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
// A field that stands already stays, for the form must not go from under a hand. key: of the field
// and of what it offers.
function field(key, value, build) {
  const node = [...form.children].find((other) => other.dataset.key === key) || build();
  node.dataset.key = key;
  const control = node.lastChild;
  const shown = String(value ?? '');
  const isTyped = typing.has(control) || control === document.activeElement;
  if (control.value !== shown && !isTyped) control.value = shown;
  return node;
}
function numberField(group, { name, label: words, minimum, maximum, step }) {
  return field(`${group} ${name}`, settings()[group][name], () => {
    const input = document.createElement('input');
    Object.assign(input, { type: 'number', min: minimum, max: maximum, step });
    input.placeholder = 'unchanged';
    input.addEventListener('input', () => typing.set(input, (lane) => {
      const { [name]: before, ...values } = lane[group];
      if (input.value !== '') values[name] = Number(input.value);
      return { ...lane, [group]: values };
    }));
    input.addEventListener('change', () => handOver());
    return labelled(words, input);
  });
}
function select(text, value, choices, chosen) {
  return field(JSON.stringify([text, choices]), value, () => {
    const node = document.createElement('select');
    node.append(...choices.map(([key, name]) => option(key, name, value)));
    node.addEventListener('change', () => chosen(node.value));
    return labelled(text, node);
  });
}
function systemField(system) {
  return field('own system prompt', system, () => {
    const text = document.createElement('textarea');
    text.rows = 3;
    let pause = null;
    text.addEventListener('input', () => {
      typing.set(text, (lane) => ({ ...lane, system: text.value }));
      clearTimeout(pause);
      pause = setTimeout(handOver, 300);
    });
    text.addEventListener('change', () => handOver());
    const node = labelled('Own system prompt', text);
    node.className = 'wide';
    return node;
  });
}
function fields() {
  const value = settings();
  const shown = props.fields.map((one) => numberField('sampling', one));
  if (props.images_allowed) {
    shown.push(...props.image_fields.map((one) => numberField('images', one)));
    shown.push(select('Image splitting', value.images.do_image_splitting ?? '',
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
  const kind = value.system === null ? 'same' : (value.system ? 'own' : 'none');
  const system = select('System prompt', kind,
    [['same', 'as in the messages'], ['none', 'none'], ['own', 'its own']], (chosen) => {
      change({ system: { same: null, none: '', own: 'You are a helpful assistant.' }[chosen] });
      drawForm();
    });
  return [...shown, model, system, ...(kind === 'own' ? [systemField(value.system)] : [])];
}
function drawForm() {
  const shown = fields();
  for (const node of [...form.children]) if (!shown.includes(node)) node.remove();
  shown.forEach((node, place) => {
    if (form.children[place] !== node) form.insertBefore(node, form.children[place] ?? null);
  });
  for (const control of typing.keys()) if (!form.contains(control)) typing.delete(control);
}
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
closesOnEscape(`lane ${label}`, form, () => {
  open = false;
  draw();
  $('[data-act=change]').focus();
}, { within: true }); // beside a running answer it may stay open, as the sidebar does
watch(['chips', 'effective', 'models', 'presets', 'images_allowed'], redraw);
watch('value', () => { // by an act or by undo: only a field that is being filled in must stand
  const focused = document.activeElement;
  if (form.contains(focused) && !focused.matches('input, textarea')) focused.blur();
  redraw();
});
draw();
