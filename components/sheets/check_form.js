// The form of a sheet's checks: a line for each, with the fields that its kind has.
import { button, make, option } from '../dom.js';

const KINDS = {
  equals: ['equals', ['value', 'ignore_case']],
  contains: ['contains', ['value', 'ignore_case']],
  regex: ['matches a regular expression', ['value', 'ignore_case']],
  number: ['number', ['value', 'tolerance']],
  json: ['is JSON', []],
  json_schema: ['fits a JSON schema', ['value']],
  field: ['JSON field equals', ['field', 'value', 'ignore_case']],
  length: ['length in characters', ['least', 'most']],
  similarity: ['is similar to', ['value', 'least']],
  review: ['passes the blind review', []],
  judge: ['is judged by a model', ['value', 'model']],
};
const JUDGE = 'Is this a good answer? Say why in one sentence.\n\n{{answer}}'; // the server adds the form of the verdict
const LONG = new Set(['json_schema', 'judge']); // whose values have several lines
const WORDS = { model: 'Model', value: 'Value', field: 'Field', tolerance: '±', least: 'At least', most: 'At most', ignore_case: 'Ignore case' };
const NUMBERS = new Set(['tolerance', 'least', 'most']);

// A new check of a kind, as the server has it.
export function usualCheck(kind, before = {}) {
  const [, fields] = KINDS[kind];
  const kept = Object.fromEntries(['name', 'negated', ...fields].filter((name) => name !== 'value' && name in before).map((name) => [name, before[name]]));
  const isOurs = kind === 'judge' ? before.value?.includes('{{answer}}') : before.kind !== 'judge';
  const usual = kind === 'judge' ? JUDGE : '{{expected}}';
  const value = fields.includes('value') ? { value: (isOurs && before.value) || usual } : {};
  return { kind, ...(kind === 'similarity' ? { least: 0.8 } : {}), ...value, ...kept };
}
// What was typed into a field of a check, as the server reads it.
export function typedField(name, field) {
  if (field.type === 'checkbox') return field.checked;
  if (NUMBERS.has(name)) return field.value.trim() === '' ? null : Number(field.value);
  return field.value;
}

// models: the names of those that a judge may be.
export function checkForm(checks, models) {
  const list = make('div.sheet-checks');
  let now = checks.map(({ label, ...check }) => ({ ...usualCheck(check.kind), ...check }));

  function field(check, place, name) {
    const value = check[name];
    const props = { name, dataset: { place } };
    if (name === 'ignore_case' || name === 'negated') {
      return make('label.sheet-tick', make('input', { type: 'checkbox', checked: Boolean(value), ...props }), name === 'negated' ? 'not' : WORDS[name]);
    }
    if (name === 'model') {
      const names = [...new Set(['', ...models, value ?? ''])];
      return make('label.sheet-check-model', make('span', WORDS.model), make('select', props, names.map((one) => option(one, one || 'The model in use', value ?? ''))));
    }
    const isLong = name === 'value' && LONG.has(check.kind);
    const input = isLong
      ? make('textarea', { rows: 4, spellcheck: false, value: value ?? '', ...props })
      : make('input', { type: NUMBERS.has(name) ? 'number' : 'text', step: 'any', min: 0, spellcheck: false, value: value ?? '', ...props });
    return make(`label.sheet-check-${name}`, make('span', name === 'value' && check.kind === 'judge' ? 'Prompt' : WORDS[name]), input);
  }
  function line(check, place) {
    const [, fields] = KINDS[check.kind];
    return make(
      'fieldset.sheet-check', make('legend.hidden-text', `Check ${place + 1}`),
      make('select', { 'aria-label': 'Kind', name: 'kind', dataset: { place } },
        Object.keys(KINDS).map((kind) => option(kind, KINDS[kind][0], check.kind))),
      field(check, place, 'negated'), ...fields.map((name) => field(check, place, name)),
      button('×', { className: 'sheet-check-remove', dataset: { remove: place }, 'aria-label': `Remove check ${place + 1}`, title: 'Remove' }),
    );
  }
  function draw() {
    list.replaceChildren(...now.map(line),
      make('p.sheet-quiet', now.length > 1 ? 'An answer passes if all checks pass.' : !now.length && 'Without checks, answers are shown but not judged.'),
      button('+ Check', { dataset: { add: '' } }));
  }
  list.addEventListener('change', ({ target }) => {
    const { place } = target.dataset;
    if (place === undefined || target.name !== 'kind') return;
    now = now.with(place, usualCheck(target.value, now[place]));
    draw();
    list.querySelectorAll('select[name=kind]')[place].focus();
  });
  list.addEventListener('input', ({ target }) => {
    const { place } = target.dataset;
    if (place === undefined || target.name === 'kind') return;
    now = now.with(place, { ...now[place], [target.name]: typedField(target.name, target) });
  });
  list.addEventListener('click', ({ target }) => {
    if (target.dataset.add !== undefined) now = [...now, usualCheck(now.length ? 'contains' : 'equals')];
    else if (target.dataset.remove !== undefined) now = now.filter((check, place) => place !== Number(target.dataset.remove));
    else return;
    draw();
    list.querySelector('fieldset:last-of-type select, [data-add]')?.focus();
  });
  draw();
  return { node: list, checks: () => now };
}
