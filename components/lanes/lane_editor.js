// The settings of one lane. The browser owns the value: the fields of `UNCHANGED`.
import { make, option } from '../dom.js';
import { keepPart } from '../drafts/workspace.js';
import { closesOnEscape } from '../escape_key.js';
import { liveInputs } from '../live_inputs.js';
import { OPTIONS, OWN_KINDS, faultChip, isTyped, ownOf, textOf, withText } from '../structured/own_constraint.js';
import { choicesOf } from '../tools/tool_choice.js';

const PAUSE_MS = 300;
const UNCHANGED = {
  preset: '', sampling: {}, images: {}, system: null, model: '', pinned: false, constraint: null,
  tool_choice: '', prefill: null,
};

// group: `sampling` or `images`. text: of its field, empty if the lane does not change it.
export function withNumber(lane, group, name, text) {
  const { [name]: before, ...values } = lane[group];
  if (text !== '') values[name] = Number(text);
  return { ...lane, [group]: values };
}
// What a lane's own values would be refused for, in words. fields: their names, labels and limits.
export function faultsOf(values, fields) {
  return fields.flatMap(({ name, label, minimum, maximum, step }) => {
    const value = values[name];
    if (value == null) return [];
    if (value < minimum || value > maximum) return [`${label} ${value}: must be ${minimum} to ${maximum}`];
    return step === 1 && !Number.isInteger(value) ? [`${label} ${value}: must be a whole number`] : [];
  });
}
function labelled(text, control, className = '') {
  return make('label', className && { className }, make('span', text), control);
}

export function mount({ element, trigger, props, watch, server }) {
  const $ = (selector) => element.querySelector(selector);
  const form = $('.lane-form');
  const label = props.label;
  let open = false;
  const settings = (value = props.value) => ({ ...UNCHANGED, ...value });
  const typing = new Map(); // fields that are being filled in, each with its change
  const texts = {}; // of this lane's own constraints, by kind
  let fault = ''; // why its own constraint can't be used
  let checked = 'null'; // the constraint that `fault` is about

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
    keepPart({ [`lane_${label}`]: value });
    setTimeout(() => trigger('edit')); // not within the event that asked for the value
    return value;
  }
  liveInputs.offer(`lane_${label}`, element, handOver);
  // An existing field stays, because the form must not change while a person uses it. key: of the field
  // and of its options.
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
      const input = make('input', {
        type: 'number', min: minimum, max: maximum, step, placeholder: 'unchanged',
      });
      input.addEventListener('input', () => typing.set(input, (lane) =>
        withNumber(lane, group, name, input.value)));
      input.addEventListener('change', () => handOver());
      return labelled(words, input);
    });
  }
  function select(text, value, choices, chosen) {
    return field(JSON.stringify([text, choices]), value, () => {
      const node = make('select', choices.map(([key, name]) => option(key, name, value)));
      node.addEventListener('change', () => chosen(node.value));
      return labelled(text, node);
    });
  }
  // key: of the field. typed: the lane with the text.
  function textField(key, words, value, typed, rows = 3) {
    return field(key, value, () => {
      const text = make('textarea', { rows, spellcheck: false });
      let pause = null;
      text.addEventListener('input', () => {
        typing.set(text, (lane) => typed(lane, text.value));
        clearTimeout(pause);
        pause = setTimeout(handOver, PAUSE_MS);
      });
      text.addEventListener('change', () => handOver());
      return labelled(words, text, 'wide');
    });
  }
  // What the messages say, nothing, or a text of this lane. name: of the setting.
  function ownField(name, words, own, start) {
    const value = settings()[name];
    const kind = value === null ? 'same' : (value ? 'own' : 'none');
    const choice = select(words, kind, [['same', 'From the messages'], ['none', 'None'], ['own', 'Custom']], (chosen) => {
      change({ [name]: { same: null, none: '', own: start }[chosen] });
      drawForm();
    });
    const typed = (lane, text) => ({ ...lane, [name]: text });
    return [choice, ...(kind === 'own' ? [textField(own, own, value, typed)] : [])];
  }
  function constraintFields() {
    const { constraint } = settings();
    const kind = select('Structured output', constraint?.kind ?? '', OWN_KINDS, (chosen) => {
      change({ constraint: ownOf(chosen, texts) });
      drawForm();
    });
    const chosen = (name) => (one) => change({ constraint: { ...settings().constraint, [name]: one === 'true' } });
    const options = OPTIONS.filter(({ of }) => of(constraint)).map(({ name, words, choices }) =>
      select(words, constraint[name], choices, chosen(name)));
    if (!isTyped(constraint)) return [kind, ...options];
    const own = `Custom ${constraint.kind.replace('json_', '')}`;
    const typed = (lane, text) => {
      texts[constraint.kind] = text;
      return { ...lane, constraint: withText(lane.constraint, text) };
    };
    const text = textField(own, own, textOf(constraint), typed, 6);
    text.lastChild.classList.add('lane-code');
    const note = field('own fault', '', () => make('p.wide.lane-fault-note', { role: 'status' }, make('span')));
    note.lastChild.textContent = fault;
    return [kind, text, note, ...options];
  }
  async function checkConstraint() {
    const { constraint } = settings();
    const now = JSON.stringify(constraint);
    if (now === checked) return;
    checked = now;
    const found = isTyped(constraint) ? await server.check(constraint).catch(() => null) : null;
    if (now !== checked) return;
    fault = found?.error || '';
    const note = form.querySelector('.lane-fault-note span');
    if (note) note.textContent = fault;
    draw();
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
    const models = [['', 'Model in use'], ...props.models.slice(1)];
    const isKnown = models.some(([id]) => id === value.model);
    if (value.model && !isKnown) models.push([value.model, `${value.model} (not loaded)`]);
    const model = select('Model', value.model, models, (chosen) => change({ model: chosen }));
    model.title = 'To use another model, choose it in the sidebar and press “Load as second model”.';
    const choices = [['', 'Sidebar settings'], ...choicesOf(props.tools, value.tool_choice)];
    const tools = props.tools.length || value.tool_choice
      ? [select('Tool choice', value.tool_choice, choices, (chosen) => change({ tool_choice: chosen }))] : [];
    return [
      ...shown, model, ...ownField('system', 'System prompt', 'Custom system prompt', 'You are a helpful assistant.'),
      ...ownField('prefill', 'Prefill', 'Custom prefill', '{'), ...constraintFields(), ...tools,
    ];
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
    const faults = [
      ...faultsOf(value.sampling, props.fields), ...faultsOf(value.images, props.image_fields),
    ];
    const isFaulty = Boolean(faults.length || fault);
    $('.lane-letter').textContent = label;
    const source = $('.lane-source');
    source.setAttribute('aria-label', `Settings of lane ${label}`);
    source.replaceChildren(
      option('', value.preset ? 'Sidebar settings' : isFaulty ? 'Not valid' : props.name, value.preset),
      ...props.presets.map((preset) => option(preset.key, preset.name, value.preset)),
    );
    $('[data-act=change]').setAttribute('aria-expanded', String(open));
    $('[data-act=pin]').setAttribute('aria-pressed', String(value.pinned));
    $('.lane-editor').dataset.pinned = String(value.pinned);
    form.hidden = !open;
    const chips = $('.lane-chips');
    const words = [...(value.pinned ? ['pinned'] : []), ...(isFaulty ? [] : props.chips)];
    chips.replaceChildren(...words.map((text) => make('span', text)),
      ...faults.map((text) => make('span.lane-fault', text)),
      ...(fault ? [faultChip(value.constraint, fault)] : []));
    chips.title = source.title = props.effective;
    checkConstraint();
  }
  element.addEventListener('click', (event) => {
    const act = event.target.closest('[data-act]')?.dataset.act;
    if (act === 'change') {
      open = !open;
      if (open) drawForm();
      draw();
      if (open) form.querySelector('input').focus();
    } else if (act === 'pin') change({ pinned: !settings().pinned });
    else if (act === 'promote') trigger('promote', { lane: label });
    else if (act === 'run') {
      const busy = element.closest('.lane-column')?.querySelector('[data-busy=true]');
      trigger(busy ? 'stop' : 'run', { lane: label });
      if (!busy) document.dispatchEvent(new CustomEvent('playground-run', { detail: label }));
    }
  });
  for (const [act, words] of Object.entries({
    change: `Change settings of lane ${label}`,
    run: `Run or stop only lane ${label}`,
    pin: `Pin lane ${label}: keep its answer while the others run`,
    promote: `Copy the settings of lane ${label} to the sidebar`,
  })) {
    $(`[data-act=${act}]`).title = words;
    $(`[data-act=${act}]`).setAttribute('aria-label', words);
  }
  $('.lane-source').addEventListener('change', (event) => change({ preset: event.target.value }));
  function redraw(inUse) {
    draw();
    if (open && (inUse || !form.contains(document.activeElement))) drawForm();
  }
  closesOnEscape(`lane ${label}`, form, () => {
    open = false;
    draw();
    $('[data-act=change]').focus();
  }, { within: true }); // it may stay open during a run, like the sidebar
  watch(['name', 'chips', 'effective', 'presets', 'tools', 'images_allowed'], () => redraw(false));
  watch('models', () => redraw(true)); // the form may have been opened for this model
  watch('value', () => { // changed by an action or by undo: only a field in use must stay
    const focused = document.activeElement;
    if (form.contains(focused) && !focused.matches('input, textarea')) focused.blur();
    redraw(false);
  });
  draw();
}
