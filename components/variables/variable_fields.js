// The values of the variables, owned by the browser. The server returns which ones there are: their
// names in `props.found.names`, and in `props.found.doubtful` what only looks like one. A value stays
// when its variable is gone, so that it is back with it.
import { make } from '../dom.js';
import { keepPart } from '../drafts/workspace.js';
import { liveInputs } from '../live_inputs.js';

const PAUSE_MS = 300;
const NAME = 'variables';

export const missingOf = (names, values) => names.filter((name) => !values[name]);
export function missingSaid(missing) {
  if (!missing.length) return '';
  return `A run needs ${missing.length === 1 ? 'a value' : 'values'} for ${missing.join(', ')}.`;
}

// Values of variables that are gone are kept while there is room.
export function withValue(values, name, value, { found, most }) {
  const { [name]: _, ...others } = values;
  const now = value ? { ...others, [name]: value } : others;
  const entries = Object.entries(now);
  if (entries.length <= most) return now;
  return Object.fromEntries(entries.filter(([other]) => found.names.includes(other)).slice(0, most));
}

export function mount({ element, trigger, props, watch }) {
  const box = element.querySelector('.variables');
  const list = element.querySelector('.variables-fields');
  let values = {};
  let dirty = false;
  let timer = null;

  function flush() {
    if (!dirty) return;
    dirty = false;
    props.value = values;
    keepPart({ [NAME]: values });
  }
  function handOver() {
    clearTimeout(timer);
    flush();
    trigger('edit');
  }
  liveInputs.offer(NAME, element, (stored) => {
    if (!dirty) return stored;
    flush();
    return values;
  });
  list.addEventListener('input', ({ target }) => {
    values = withValue(values, target.name, target.value, props);
    dirty = true;
    say();
    clearTimeout(timer);
    timer = setTimeout(handOver, PAUSE_MS);
  });
  element.querySelector('[data-act=leave]').addEventListener('click', () => trigger('leave'));
  list.addEventListener('focusout', () => dirty && handOver());

  const fieldOf = (name) => make('label.variables-row', make('code', name), make('textarea', {
    name, rows: 1, spellcheck: false, maxLength: props.longest, placeholder: 'Value', 'aria-label': `Value of ${name}`,
  }));
  function say() {
    const { names } = props.found;
    const missing = missingOf(names, values);
    element.querySelector('.variables-missing').textContent = missingSaid(missing);
    for (const field of list.querySelectorAll('textarea')) {
      field.toggleAttribute('data-missing', missing.includes(field.name));
    }
  }
  function draw() {
    const { names, doubtful, refused } = props.found;
    const rows = new Map([...list.children].map((row) => [row.lastChild.name, row]));
    const wanted = names.map((name) => rows.get(name) || fieldOf(name));
    if (wanted.some((row, place) => list.children[place] !== row) || wanted.length !== list.children.length) {
      list.replaceChildren(...wanted);
    }
    for (const field of list.querySelectorAll('textarea')) {
      const value = values[field.name] ?? '';
      if (field.value !== value) field.value = value;
    }
    const refusal = element.querySelector('.variables-doubtful');
    refusal.replaceChildren(...doubtful.map((line) => make('li', line)));
    refusal.dataset.refused = String(refused);
    element.querySelector('[data-act=leave]').hidden = !refused;
    box.hidden = !names.length && !doubtful.length;
    say();
  }
  function take() {
    values = { ...props.value };
    dirty = false;
    draw();
  }
  watch('value', take);
  watch('found', draw);
  take();
}
