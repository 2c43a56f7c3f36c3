// The tools' text, owned by the browser. The server reads `props.value` and returns only
// `props.status`, so it can't overwrite what a person is typing.
import { button } from '../dom.js';
import { keepPart } from '../drafts/workspace.js';
import { liveInputs } from '../live_inputs.js';

const PAUSE_MS = 300;

// The list with the tool added at the end, as `text`. An unreadable list stays unchanged, and `refusal`
// says why.
export function withTool(text, example) {
  let list;
  try {
    list = text.trim() ? JSON.parse(text) : [];
  } catch {
    list = null;
  }
  if (!Array.isArray(list)) {
    return { refusal: 'Fix the JSON first.' };
  }
  if (list.some((tool) => (tool?.function ?? tool)?.name === example.name)) {
    return { refusal: `${example.name} is already in the list.` };
  }
  return { text: JSON.stringify([...list, example], null, 2) };
}

export function mount({ element, trigger, props, watch }) {
  const fold = element.querySelector('.tools');
  const field = element.querySelector('.tools-text');
  const note = element.querySelector('.tools-note');
  let dirty = false;
  let timer = null;
  let refused = ''; // why an example could not be added; until the next change

  function flush() {
    if (!dirty) return;
    dirty = false;
    props.value = field.value;
    keepPart({ tools: field.value });
  }
  function handOver() {
    clearTimeout(timer);
    flush();
    trigger('edit');
  }
  function changed(soon) {
    dirty = true;
    refused = '';
    clearTimeout(timer);
    if (soon) timer = setTimeout(handOver, PAUSE_MS);
    else handOver();
  }
  liveInputs.offer('tools', element, (stored) => {
    if (!dirty) return stored;
    flush();
    return field.value;
  });
  field.addEventListener('input', () => changed(true));
  field.addEventListener('focusout', () => dirty && handOver());

  function addExample(name) {
    const { text, refusal } = withTool(field.value, props.examples[name]);
    if (refusal) {
      refused = refusal;
      draw();
      return;
    }
    field.focus();
    field.select();
    // Only this way does the browser's own Undo work.
    if (!document.execCommand('insertText', false, text)) field.value = text;
    changed(false);
    draw();
  }
  function goToMistake() {
    const { line, column } = props.status;
    const before = field.value.split('\n').slice(0, line - 1).join('\n');
    const place = (line > 1 ? before.length + 1 : 0) + column - 1;
    field.focus();
    field.setSelectionRange(place, place + 1);
  }
  element.addEventListener('click', (event) => {
    const data = event.target.closest('button')?.dataset;
    if (data?.example) addExample(data.example);
    else if (data?.act === 'show') goToMistake();
  });
  function draw() {
    const status = props.status || {};
    element.querySelector('.tools-summary').textContent = status.summary || '';
    note.textContent = refused || status.note || '';
    note.dataset.warning = String(Boolean(refused || status.warning));
    fold.dataset.warning = String(Boolean(status.warning));
    element.querySelector('[data-act=show]').hidden = !status.line;
  }
  element.querySelector('.tools-examples').append(...Object.keys(props.examples)
    .map((name) => button(name, { dataset: { example: name } })));
  function take() {
    const text = props.value || '';
    if (text === field.value) return;
    field.value = text;
    if (text && innerWidth > 768) fold.open = true; // on a phone it would push the answer away
    draw();
  }
  watch('value', take);
  watch('status', draw);
  take();
  draw();
}
