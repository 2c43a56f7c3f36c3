// What all lanes are held to, owned by the browser. The server reads `props.value` and returns only
// `props.status`; while a person types it is asked whether a run would take it.
import { actButton, button, stored } from '../dom.js';
import { keepPart } from '../drafts/workspace.js';
import { closesOnEscape } from '../escape_key.js';
import { liveInputs } from '../live_inputs.js';
import { holdMessages, openMessages } from '../shell.js';
import { CodeField } from './code_field.js';
import {
  HINTS, KINDS, NEW, TYPED, formatted, offsetOf, placeOf, shared, stateOf, valueOf,
} from './constraint_text.js';

const PAUSE_MS = 300;
const NAME = 'constraint';
const STORE = 'playground_constraints'; // what was typed for each kind, in this tab
const LABELS = {
  json_schema: 'JSON schema', choices: 'Choices, one per line', regex: 'Regular expression', grammar: 'Grammar',
};
const START = {
  json_schema: '{ "type": "object", "properties": { … } }', choices: 'positive\nnegative\nneutral',
  regex: '[0-9]{4}-[0-9]{2}-[0-9]{2}', grammar: 'start: "yes" | "no"',
};

export function mount({ element, trigger, props, watch, server, signal }) {
  const $ = (selector) => element.querySelector(selector);
  const [panel, code] = [$('.structured'), $('.structured-code')];
  const text = new CodeField(code);
  const { field } = text;
  const sample = $('.structured-example');
  let state = { ...NEW, texts: stored(() => JSON.parse(sessionStorage.getItem(STORE))) || {} };
  let said = null; // the latest answer of the check; null before
  let asked = 0;
  let dirty = false;
  let timer = null;

  // -- handing over --------------------------------------------------------------------------
  function flush() {
    if (!dirty) return;
    dirty = false;
    props.value = valueOf(state);
    stored(() => sessionStorage.setItem(STORE, JSON.stringify(state.texts)));
    keepPart({ [NAME]: props.value });
  }
  function handOver() {
    clearTimeout(timer);
    if (!dirty) return;
    flush();
    trigger('edit');
    check();
  }
  function take(changes) {
    state = { ...state, ...changes };
    shared.state = state;
    dirty = true;
    clearTimeout(timer);
  }
  function change(changes) {
    take(changes);
    draw();
    handOver();
  }
  function typed() {
    take({ texts: { ...state.texts, [state.kind]: field.value } });
    text.draw(state.kind, wrongLine());
    timer = setTimeout(handOver, PAUSE_MS);
  }
  liveInputs.offer(NAME, element, (known) => {
    if (!dirty) return known;
    flush();
    check();
    return props.value;
  });
  const wrongLine = () => placeOf(said?.error)?.line;
  async function check() {
    const question = ++asked;
    const constraint = valueOf(state);
    $('.structured-said').setAttribute('aria-busy', 'true');
    const answer = constraint.kind === 'none' ? null : await server.check(constraint).catch(() => null);
    if (question !== asked) return;
    $('.structured-said').removeAttribute('aria-busy');
    said = answer;
    drawSaid();
  }

  // -- drawing -------------------------------------------------------------------------------
  function drawSaid() {
    const wrong = Boolean(said?.error);
    const note = props.status.note;
    $('.structured-said').dataset.is = wrong ? 'wrong' : said ? 'fine' : '';
    $('.structured-said b').textContent = wrong ? '' : said?.fine || '';
    $('.structured-said span').textContent = wrong ? said.error : said?.facts || '';
    $('.structured-note').textContent = note;
    $('[data-act=show]').hidden = !placeOf(said?.error);
    const { state: words } = props.status;
    const shown = wrong ? `${words.split(' · ')[0]} · not valid` : words;
    panel.dataset.warning = String(wrong || Boolean(note));
    $('.structured-state').textContent = shown;
    const row = document.querySelector('#structured-row .side-row');
    row?.setAttribute('data-warning', panel.dataset.warning);
    if (row) row.querySelector('b').textContent = shown;
    field.setAttribute('aria-invalid', String(wrong));
    text.draw(state.kind, wrongLine());
  }
  function draw() {
    const { kind, texts } = state;
    const hasText = TYPED.includes(kind);
    if (kind !== 'none') panel.hidden = false;
    for (const node of element.querySelectorAll('[data-kind]')) {
      node.setAttribute('aria-pressed', String(node.dataset.kind === kind));
    }
    $('.structured-hint').textContent = HINTS[kind];
    code.hidden = !hasText;
    if (hasText && field.value !== (texts[kind] || '')) field.value = texts[kind] || '';
    field.placeholder = START[kind] || '';
    field.setAttribute('aria-label', LABELS[kind] || '');
    const isJson = kind === 'json' || kind === 'json_schema';
    $('.structured-flexible').hidden = !isJson;
    $('.structured-after').hidden = kind === 'none' || (!props.status.thinks && state.after_thought);
    for (const node of element.querySelectorAll('[data-option]')) node.checked = state[node.dataset.option];
    $('[data-act=format]').hidden = kind !== 'json_schema';
    $('.structured-foot').hidden = kind === 'none';
    drawSaid();
    text.follow();
  }

  // -- what a person does --------------------------------------------------------------------
  function replaceText(kind, content) {
    const isTyped = state.kind === kind && field.checkVisibility();
    if (isTyped) {
      field.focus();
      field.select();
      // Only this way does the browser's own Undo work.
      if (document.execCommand('insertText', false, content)) handOver();
    }
    if (state.kind !== kind || field.value !== content) {
      said = null;
      change({ kind, texts: { ...state.texts, [kind]: content } });
    }
    text.toStart();
  }
  function showSample(open) {
    sample.hidden = !open;
    $('.structured-refused').textContent = '';
    if (open) sample.querySelector('textarea').focus();
    else $('[data-act=example]').focus();
  }
  async function makeSchema() {
    const { value } = sample.querySelector('textarea');
    const made = await server.schema_of_example(value).catch(() => ({ error: 'The server did not answer. Try again.' }));
    $('.structured-refused').textContent = made.error;
    if (made.error) return;
    sample.hidden = true;
    replaceText('json_schema', formatted(made.text) || made.text);
  }
  function format() {
    const content = formatted(field.value);
    if (content !== null && content !== field.value) replaceText('json_schema', content);
  }
  function goToMistake() {
    const at = offsetOf(field.value, placeOf(said?.error));
    field.focus();
    field.setSelectionRange(at, at + 1);
  }
  const acts = {
    format, show: goToMistake, example: () => showSample(sample.hidden), make: makeSchema,
    cancel: () => showSample(false),
  };
  element.addEventListener('click', ({ target }) => {
    const data = target.closest('button')?.dataset;
    if (data?.kind) {
      said = null;
      change({ kind: data.kind });
    } else if (data?.start) {
      const { kind, choices, text: content } = props.examples[data.start];
      replaceText(kind, kind === 'choices' ? choices.join('\n') : content);
    } else if (data?.act) acts[data.act]();
  });
  field.addEventListener('input', typed);
  field.addEventListener('focusout', handOver);
  element.addEventListener('change', ({ target }) => {
    if (target.dataset.option) change({ [target.dataset.option]: target.checked });
  });

  // -- open and closed -----------------------------------------------------------------------
  function open() {
    openMessages();
    panel.hidden = false;
    panel.open = true;
    panel.scrollIntoView({ block: 'nearest' });
    (code.hidden ? $('[data-kind][aria-pressed=true]') : field).focus();
  }
  panel.addEventListener('toggle', () => {
    holdMessages(panel.open);
    document.querySelector('[data-open=structured]')?.setAttribute('aria-expanded', String(panel.open));
    if (!panel.open && state.kind === 'none') panel.hidden = true;
    if (panel.open) text.follow();
  });
  document.addEventListener('click', ({ target }) => {
    if (!target.closest?.('[data-open=structured]')) return;
    if (panel.open && panel.checkVisibility()) panel.open = false;
    else open();
  }, { signal });
  closesOnEscape('structured output', panel, () => {
    panel.open = false;
    document.querySelector('[data-open=structured]')?.focus();
  }, { within: true }); // it may stay open during a run

  $('.seg').append(...KINDS.map(([kind, label]) => button(label, { dataset: { kind } })));
  $('.structured-examples').append(
    ...props.examples.map(({ name, description }, place) => button(
      name, { title: description, dataset: { start: String(place) } },
    )),
    actButton('An example…', 'example'),
  );
  let model = '';
  function drawValue() {
    if (dirty) return;
    state = stateOf(props.value, state);
    shared.state = state;
    said = null;
    draw();
    check();
  }
  watch('value', drawValue);
  watch('status', () => {
    if (props.status.model !== model && model) check();
    model = props.status.model;
    $('.structured-after').hidden = state.kind === 'none' || (!props.status.thinks && state.after_thought);
    drawSaid();
  });
  drawValue();
}
