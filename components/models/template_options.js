// Options of the model's chat template, owned by the browser. An option that a person has not set is not
// in the value and not sent: the template then takes its own default.
import { button, make, option } from '../dom.js';
import { keepPart } from '../drafts/workspace.js';
import { liveInputs } from '../live_inputs.js';

const PAUSE_MS = 300;
const NAME = 'template_options';

// The rows to draw: the model's options, then those that are set and that no model in memory reads.
export function rowsOf(options, values) {
  const known = new Set(options.map(({ name }) => name));
  const unread = Object.keys(values).filter((name) => !known.has(name));
  return [...options, ...unread.map((name) => ({ name, kind: 'unread' }))];
}
// The values with another one; undefined removes it.
export function withOption(values, name, value) {
  const { [name]: _, ...others } = values;
  return value === undefined ? others : { ...others, [name]: value };
}
// What was typed, as a value: nothing is the template's default, and an option that meets numbers gets one.
export function typedValue(kind, text) {
  if (text === '') return undefined;
  const number = Number(text);
  return kind === 'number' && text.trim() && Number.isFinite(number) ? number : text;
}
const inShort = (value) => (typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value));

export function mount({ element, trigger, props, watch }) {
  const box = element.querySelector('.options');
  const list = element.querySelector('.options-rows');
  let values = {};
  let dirty = false;
  let timer = null;
  let drawn = '';
  const shown = () => JSON.stringify([values, props.options]);

  function flush() {
    if (!dirty) return;
    dirty = false;
    props.value = values;
    keepPart({ [NAME]: values });
  }
  function handOver() {
    clearTimeout(timer);
    if (!dirty) return;
    flush();
    trigger('edit');
  }
  function set(name, value, soon = false) {
    values = withOption(values, name, value);
    drawn = shown(); // the field shows it already
    dirty = true;
    clearTimeout(timer);
    if (soon) timer = setTimeout(handOver, PAUSE_MS);
    else handOver();
  }
  liveInputs.offer(NAME, element, (stored) => {
    if (!dirty) return stored;
    flush();
    return values;
  });

  // -- rows ---------------------------------------------------------------------------------
  function choice({ name, default: byDefault }) {
    const value = values[name];
    const known = [['', byDefault ? `Default (${byDefault})` : 'Default'], ['true', 'On'], ['false', 'Off']];
    const other = value === undefined || typeof value === 'boolean' ? [] : [['other', inShort(value)]];
    const select = make('select.options-field', { id: `option-${name}` },
      [...known, ...other].map(([key, label]) => option(key, label)));
    select.value = other.length ? 'other' : String(value ?? '');
    select.addEventListener('change', () => {
      if (select.value !== 'other') set(name, { true: true, false: false }[select.value]);
    });
    return select;
  }
  function field({ name, kind, default: byDefault }) {
    const input = make('input.options-field', {
      id: `option-${name}`, type: 'text', spellcheck: false, maxLength: props.longest,
      inputMode: kind === 'number' ? 'decimal' : 'text', placeholder: byDefault || 'default',
    });
    input.value = values[name] === undefined ? '' : inShort(values[name]);
    input.addEventListener('input', () => set(name, typedValue(kind, input.value), true));
    input.addEventListener('focusout', handOver);
    return input;
  }
  function unread({ name }) {
    const remove = button('Remove', { className: 'options-remove' }, { 'aria-label': `Remove ${name}` });
    remove.addEventListener('click', () => {
      set(name, undefined);
      draw();
    });
    return remove;
  }
  function row(facts) {
    const isUnread = facts.kind === 'unread';
    const control = { boolean: choice, unread }[facts.kind] || field;
    const note = isUnread ? `${inShort(values[facts.name])} · not sent: this template does not read it`
      : facts.only && `only ${facts.only}`;
    const name = make(isUnread ? 'span.options-name' : 'label.options-name',
      isUnread ? {} : { htmlFor: `option-${facts.name}` }, facts.name);
    name.title = facts.name;
    return make('div.options-row', { dataset: { kind: facts.kind } }, name, control(facts),
      note && make('small.options-note', note));
  }
  function draw() {
    const rows = props.options ? rowsOf(props.options, values) : [];
    const id = document.activeElement?.id;
    box.hidden = !rows.length;
    list.replaceChildren(...rows.map(row));
    if (id?.startsWith('option-')) list.querySelector(`#${CSS.escape(id)}`)?.focus();
  }
  function take() {
    if (!dirty) values = props.value || {};
    if (shown() === drawn) return;
    drawn = shown();
    draw();
  }
  watch('value', take);
  watch('options', take);
  take();
}
