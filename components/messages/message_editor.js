// The message list, owned by the browser: the server reads `props.value` and sends back only
// `props.tokens`, so that no answer of the server can overwrite what is being typed.
const list = element.querySelector('.turns');
const picker = element.querySelector('.turns-picker');
const warning = element.querySelector('.turns-warning'); // until the next change
const spoken = element.querySelector('.turns-spoken'); // for screen readers only
const PAUSE_MS = 300; // one hand-over per typing pause: handing over costs a copy of the list
const KEEP_MS = 1000; // while somebody types without a pause, the draft is kept this often

const normal = (turn) => ({
  id: turn.id || newId(), role: turn.role, text: turn.text || '', images: turn.images || [],
});
const newId = () => `m${Math.random().toString(36).slice(2, 10)}`;
let turns = (props.value || []).map(normal);
let handed = JSON.stringify(props.value); // as Gradio has it, as far as this script knows
let dirty = false;
const typed = new Set(); // ids of rows with text that was not handed over yet
let timer = null;
let keptAt = 0;
let pickingFor = null;
let dragged = null;

// -- handing the list over ------------------------------------------------------------------
// The draft and the step to undo don't wait for Gradio: what an act replaces must be known before.
function keep() {
  keptAt = Date.now();
  const messages = turns.map(({ uploading, ...turn }) => structuredClone(turn));
  keptDrafts.keepPart({ messages });
  return messages;
}
function flush() {
  if (!dirty) return;
  dirty = false;
  typed.clear();
  props.value = keep();
  handed = JSON.stringify(props.value);
  undoSteps.recordPart({ messages: props.value });
}
function handOver() {
  clearTimeout(timer);
  flush();
  trigger('edit');
}
function changed({ soon = false } = {}) {
  dirty = true;
  clearTimeout(timer);
  if (!soon) return handOver();
  timer = setTimeout(handOver, PAUSE_MS);
  if (Date.now() - keptAt > KEEP_MS) keep();
}
list.addEventListener('focusout', () => dirty && handOver());
liveInputs.offer('messages', element, (stored) => {
  if (!dirty) return stored;
  // What the server wrote is in Gradio's store a moment before this script hears of it.
  if (stored && JSON.stringify(stored) !== handed) {
    take(stored);
    draw();
  }
  flush();
  return props.value;
});

// -- drawing --------------------------------------------------------------------------------
function draw() {
  const rows = new Map([...list.children].map((row) => [row.dataset.id, row]));
  let previous = null;
  turns.forEach((turn, place) => {
    const row = rows.get(turn.id) || newRow(turn.id);
    rows.delete(turn.id);
    const wanted = previous ? previous.nextSibling : list.firstChild;
    if (wanted !== row) list.insertBefore(row, wanted);
    drawRow(row, turn, place, {
      last: place === turns.length - 1,
      tokens: (props.tokens || {})[turn.id],
      imagesAllowed: props.images_allowed,
    });
    previous = row;
  });
  for (const row of rows.values()) row.remove();
  element.querySelector('.turns-empty').hidden = turns.length > 0;
  element.querySelector('[data-act=camera]').hidden =
    !props.images_allowed || !navigator.mediaDevices?.getUserMedia;
}

// -- changing -------------------------------------------------------------------------------
const placeOf = (id) => turns.findIndex((turn) => turn.id === id);
const placeAt = (node) => placeOf(node.closest('.turn')?.dataset.id);
const rowOf = (id) => list.querySelector(`.turn[data-id="${CSS.escape(id)}"]`);

function apply(next, { focus, on = 'textarea' } = {}) {
  flush(); // what was typed before is a step of its own
  warning.textContent = '';
  turns = next;
  draw();
  changed();
  if (focus) rowOf(focus)?.querySelector(on).focus();
}
function insertAt(place, role) {
  const turn = normal({ role });
  apply([...turns.slice(0, place), turn, ...turns.slice(place)], { focus: turn.id });
}
function move(from, to) {
  if (to < 0 || to >= turns.length || from === to) return;
  const next = [...turns];
  const [turn] = next.splice(from, 1);
  next.splice(to, 0, turn);
  const focused = document.activeElement;
  apply(next);
  if (list.contains(focused)) focused.focus();
  spoken.textContent = `Message moved to place ${to + 1} of ${turns.length}`;
}
const ACTS = {
  add: (place, button) => insertAt(turns.length, button.dataset.role),
  insert: (place) => insertAt(place + 1, turns[place].role === 'user' ? 'assistant' : 'user'),
  duplicate: (place) => {
    const copy = { ...structuredClone(turns[place]), id: newId(), uploading: false };
    apply([...turns.slice(0, place + 1), copy, ...turns.slice(place + 1)]);
  },
  remove: (place) => {
    const next = turns.filter((turn, other) => other !== place);
    apply(next, { focus: next[Math.min(place, next.length - 1)]?.id, on: '[data-act=remove]' });
  },
  up: (place) => move(place, place - 1),
  down: (place) => move(place, place + 1),
  clear: () => turns.length && apply([]),
  image: (place) => pick(turns[place].id),
  replaceImage: (place, button) => pick(turns[place].id, +button.dataset.number),
  camera: () => attachFromCamera(),
  removeImage: (place, button) => {
    const images = turns[place].images.filter((image, number) => number !== +button.dataset.number);
    apply(turns.map((turn, other) => (other === place ? { ...turn, images } : turn)));
  },
};
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-act]');
  if (button && !button.disabled) ACTS[button.dataset.act](placeAt(button), button);
});
list.addEventListener('input', (event) => {
  const turn = turns[placeAt(event.target)];
  if (event.target.matches('textarea')) {
    turn.text = event.target.value;
    typed.add(turn.id);
    fitHeight(event.target);
    changed({ soon: true });
  } else if (event.target.matches('select')) {
    apply(turns.map((other) => (other === turn ? { ...turn, role: event.target.value } : other)));
  }
});
list.addEventListener('keydown', (event) => {
  if (!event.altKey || !['ArrowUp', 'ArrowDown'].includes(event.key)) return;
  event.preventDefault();
  const place = placeAt(event.target);
  move(place, event.key === 'ArrowUp' ? place - 1 : place + 1);
});

// -- images ---------------------------------------------------------------------------------
function pick(id, replacing = null) {
  pickingFor = { id, replacing };
  picker.multiple = replacing === null;
  picker.click();
}
async function attach(id, files, replacing = null) {
  const pictures = [...files].filter((file) => file.type.startsWith('image/'));
  if (!pictures.length) return;
  if (!props.images_allowed) {
    warning.textContent = 'This model does not read images. Load a vision model to attach one.';
    return;
  }
  flush();
  warning.textContent = '';
  for (const file of pictures) {
    setUploading(id, true);
    try {
      const { path, url } = await upload(file);
      const turn = turns[placeOf(id)];
      const image = { path, url, name: file.name };
      if (turn && replacing !== null) turn.images = turn.images.with(replacing, image);
      else if (turn) turn.images = [...turn.images, image];
    } catch (error) {
      warning.textContent = `${file.name} could not be uploaded: ${error?.message || error}`;
    }
    setUploading(id, false);
  }
  changed();
}
function setUploading(id, on) {
  const turn = turns[placeOf(id)];
  if (turn) turn.uploading = on;
  draw();
}
picker.addEventListener('change', () => {
  if (pickingFor) attach(pickingFor.id, picker.files, pickingFor.replacing);
  picker.value = '';
});
list.addEventListener('paste', (event) => {
  const files = event.clipboardData?.files || [];
  if (!files.length) return;
  event.preventDefault();
  attach(event.target.closest('.turn').dataset.id, [...files]);
});

// -- dragging -------------------------------------------------------------------------------
list.addEventListener('dragstart', (event) => {
  const row = event.target.closest('.turn');
  if (!row || !event.target.closest('.turn-grip')) return;
  dragged = row.dataset.id;
  event.dataTransfer.effectAllowed = 'move';
  event.dataTransfer.setData('text/plain', '');
  event.dataTransfer.setDragImage(row, 20, 16);
  row.classList.add('dragged');
});
list.addEventListener('dragover', (event) => {
  const row = event.target.closest('.turn');
  const files = [...event.dataTransfer.types].includes('Files');
  if (!row || (!dragged && !files)) return;
  event.preventDefault();
  list.querySelectorAll('.over').forEach((other) => other.classList.toggle('over', other === row));
  row.classList.add('over');
});
list.addEventListener('drop', (event) => {
  const row = event.target.closest('.turn');
  if (!row) return;
  if (event.dataTransfer.files.length) attach(row.dataset.id, event.dataTransfer.files);
  else if (dragged) move(placeOf(dragged), placeOf(row.dataset.id));
  else return;
  event.preventDefault();
});
list.addEventListener('dragend', () => {
  dragged = null;
  list.querySelectorAll('.dragged, .over').forEach((row) => row.classList.remove('dragged', 'over'));
});
list.addEventListener('drop', () => {
  list.querySelectorAll('.over').forEach((row) => row.classList.remove('over'));
});

// -- from the server: `value` only on explicit acts (a scenario, a reply), or by undo -------------
// Texts that are being typed stand.
function take(rows) {
  const kept = new Map(turns.filter((turn) => typed.has(turn.id)).map((turn) => [turn.id, turn.text]));
  turns = (rows || []).map(normal);
  for (const turn of turns) turn.text = kept.get(turn.id) ?? turn.text;
  handed = JSON.stringify(rows);
  return kept;
}
watch('value', () => {
  const kept = take(props.value);
  const isText = document.activeElement?.matches?.('.turn-text');
  const focused = isText && document.activeElement.closest('.turn').dataset.id;
  if (focused && !kept.has(focused)) document.activeElement.blur();
  draw();
  if (focused && !kept.has(focused)) rowOf(focused)?.querySelector('textarea').focus();
  if (kept.size) changed({ soon: true });
  else dirty = false;
});
watch(['tokens', 'images_allowed'], draw);
draw();
