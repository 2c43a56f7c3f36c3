// The tools' text, owned by the browser: the server reads `props.value` and sends back only
// `props.status`, so that no answer of the server can overwrite what is being typed.
const fold = element.querySelector('.tools');
const field = element.querySelector('.tools-text');
const note = element.querySelector('.tools-note');
const PAUSE_MS = 300;
let dirty = false;
let timer = null;
let refused = ''; // why an example could not be added; until the next change

function flush() {
  if (!dirty) return;
  dirty = false;
  props.value = field.value;
  keptDrafts.keepPart({ tools: field.value });
  undoSteps.recordPart({ tools: field.value });
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

// Adds behind the others. A list that can't be read is left alone.
function addExample(name) {
  let list;
  try {
    list = field.value.trim() ? JSON.parse(field.value) : [];
  } catch {
    list = null;
  }
  if (!Array.isArray(list)) {
    refused = 'Mend the list first; then the example is added to it.';
    draw();
    return;
  }
  const example = props.examples[name];
  if (list.some((tool) => (tool?.function ?? tool)?.name === example.name)) {
    refused = `${example.name} is in the list already.`;
    draw();
    return;
  }
  const text = JSON.stringify([...list, example], null, 2);
  field.focus();
  field.select();
  // The one way that the browser's own Undo knows of.
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
  const button = event.target.closest('button');
  if (button?.dataset.example) addExample(button.dataset.example);
  else if (button?.dataset.act === 'show') goToMistake();
});
function draw() {
  const status = props.status || {};
  element.querySelector('.tools-summary').textContent = status.summary || '';
  note.textContent = refused || status.note || '';
  note.dataset.warning = String(Boolean(refused || status.warning));
  fold.dataset.warning = String(Boolean(status.warning));
  element.querySelector('[data-act=show]').hidden = !status.line;
}
for (const name of Object.keys(props.examples)) {
  const button = document.createElement('button');
  button.type = 'button';
  button.dataset.example = name;
  button.textContent = name;
  element.querySelector('.tools-examples').append(button);
}
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
