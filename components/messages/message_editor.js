// The message list, owned by the browser. The server reads `props.value` and returns only
// `props.tokens`, so it can't overwrite what a person is typing.
import { make } from '../dom.js';
import { keptDrafts, undoSteps } from '../drafts/workspace.js';
import { liveInputs } from '../live_inputs.js';
import { EarlyDraft } from './early_draft.js';
import { takePicture } from './message_camera.js';
import { allowDragging } from './message_dragging.js';
import {
  changedAt, duplicated, handedOver, inserted, moved, normal, placeOf, removed, taken,
  withImage, withoutImage,
} from './message_list.js';
import { drawRow, followText, newRow } from './message_row.js';
import { showPreview } from '../images/image_preview.js';
import { revealTab } from '../shell.js';

const PAUSE_MS = 160; // one hand-over per typing pause, because it copies the list
const MAKERS = '.scenarios button, [data-act=reply], [data-act=answer]'; // the focus goes to what they made
const KEEP_MS = 1000; // how often the draft is kept while somebody types without a pause

export function mount({ element, trigger, props, upload, watch, signal }) {
  const list = element.querySelector('.turns');
  const picker = element.querySelector('.turns-picker');
  const warning = element.querySelector('.turns-warning'); // until the next change
  const spoken = element.querySelector('.turns-spoken'); // for screen readers only
  const early = new EarlyDraft(props.value);
  let turns = (early.rows || props.value || []).map(normal);
  let handed = JSON.stringify(early.rows || props.value); // what Gradio has, as far as this script knows
  let dirty = false;
  const typed = new Set(); // ids of rows with text that is not handed over yet
  let keptAt = 0;
  let [timer, pickingFor] = [null, null];

  // -- handing the list over ----------------------------------------------------------------
  // The draft and the undo step don't wait for Gradio: they must exist before an action replaces them.
  function keep() {
    keptAt = Date.now();
    const messages = handedOver(turns);
    keptDrafts.keepPart({ messages });
    return messages;
  }
  function flush() {
    if (!dirty) return;
    dirty = false;
    typed.clear();
    const messages = keep();
    handed = JSON.stringify(messages);
    props.value = messages;
    undoSteps.recordPart({ messages });
  }
  function handOver() {
    clearTimeout(timer);
    flush();
    trigger('edit');
  }
  function changed({ soon = false } = {}) {
    dirty = early.isTouched = true;
    clearTimeout(timer);
    if (!soon) return handOver();
    timer = setTimeout(handOver, PAUSE_MS);
    if (Date.now() - keptAt > KEEP_MS) keep();
  }
  list.addEventListener('focusout', () => dirty && handOver());
  liveInputs.offer('messages', element, (stored) => {
    // A value from the server is in Gradio's store shortly before this script gets it.
    const isNew = stored && JSON.stringify(stored) !== handed;
    dirty ||= early.isGiven(stored) || (early.stands && isNew);
    if (!dirty) return stored;
    if (isNew) take(stored);
    if (isNew) draw();
    flush();
    return props.value;
  });

  // -- drawing ------------------------------------------------------------------------------
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
    element.querySelector('.turns-number').textContent = turns.length || '';
    element.querySelector('.strip ol').replaceChildren(...turns.map(({ role }) =>
      make('li', { dataset: { role }, title: role }, role[0].toUpperCase())));
    element.querySelector('.turns-empty').hidden = turns.length > 0;
    element.querySelector('[data-act=camera]').hidden =
      !props.images_allowed || !navigator.mediaDevices?.getUserMedia;
  }

  // -- changing -----------------------------------------------------------------------------
  const placeAt = (node) => placeOf(turns, node.closest('.turn')?.dataset.id);
  const rowOf = (id) => list.querySelector(`.turn[data-id="${CSS.escape(id)}"]`);

  function apply(next, { focus, on = 'textarea' } = {}) {
    flush(); // text that was typed before is its own step
    warning.textContent = '';
    turns = next;
    draw();
    changed();
    if (focus) rowOf(focus)?.querySelector(on).focus();
  }
  function insertAt(place, role) {
    const turn = normal({ role });
    apply(inserted(turns, place, turn), { focus: turn.id });
  }
  function move(from, to) {
    const next = moved(turns, from, to);
    if (next === turns) return;
    const focused = document.activeElement;
    apply(next);
    if (list.contains(focused)) focused.focus();
    spoken.textContent = `Message moved to position ${to + 1} of ${turns.length}`;
  }
  const ACTS = {
    add: (place, button) => insertAt(turns.length, button.dataset.role),
    insert: (place) => insertAt(place + 1, turns[place].role === 'user' ? 'assistant' : 'user'),
    duplicate: (place) => {
      const next = duplicated(turns, place);
      apply(next, { focus: next[place + 1].id });
    },
    remove: (place) => {
      const next = removed(turns, place);
      apply(next, { focus: next[Math.min(place, next.length - 1)]?.id, on: '[data-act=remove]' });
    },
    up: (place) => move(place, place - 1),
    down: (place) => move(place, place + 1),
    clear: () => turns.length && apply([]),
    image: (place) => pick(turns[place].id),
    replaceImage: (place, button) => pick(turns[place].id, +button.dataset.number),
    camera: () => attachFromCamera(),
    preview: (place, button) => showPreview(turns[place].images, +button.dataset.number),
    removeImage: (place, button) => apply(withoutImage(turns, place, +button.dataset.number)),
  };
  element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-act]');
    if (button && !button.disabled) ACTS[button.dataset.act](placeAt(button), button);
  });
  list.addEventListener('input', (event) => {
    const place = placeAt(event.target);
    const { value } = event.target;
    if (event.target.matches('textarea')) {
      turns = changedAt(turns, place, { text: value });
      typed.add(turns[place].id);
      followText(event.target);
      changed({ soon: true });
    } else if (event.target.matches('select')) apply(changedAt(turns, place, { role: value }));
  });
  list.addEventListener('keydown', (event) => {
    if (!event.altKey || !['ArrowUp', 'ArrowDown'].includes(event.key)) return;
    event.preventDefault();
    const place = placeAt(event.target);
    move(place, event.key === 'ArrowUp' ? place - 1 : place + 1);
  });

  // -- images -------------------------------------------------------------------------------
  function pick(id, replacing = null) {
    pickingFor = { id, replacing };
    picker.multiple = replacing === null;
    picker.click();
  }
  async function attach(id, files, replacing = null) {
    const pictures = [...files].filter((file) => file.type.startsWith('image/'));
    if (!pictures.length) return;
    if (!props.images_allowed) {
      warning.textContent = 'This model cannot read images. Load a vision model to attach one.';
      return;
    }
    flush();
    warning.textContent = '';
    for (const file of pictures) {
      setUploading(id, true);
      try {
        const { path, url } = await upload(file);
        turns = withImage(turns, id, { path, url, name: file.name }, replacing);
      } catch (error) {
        warning.textContent = `${file.name} could not be uploaded: ${error?.message || error}`;
      }
      setUploading(id, false);
    }
    revealTab('images');
    changed();
  }
  function setUploading(id, uploading) {
    turns = changedAt(turns, placeOf(turns, id), { uploading });
    draw();
  }
  function attachToLast(files) {
    const last = turns.findLast((turn) => turn.role === 'user');
    if (last) return attach(last.id, files);
    warning.textContent = 'Images need a user message. Add one first.';
    return null;
  }
  async function attachFromCamera() {
    try {
      if (turns.some((turn) => turn.role === 'user')) await attachToLast([await takePicture(element)]);
      else attachToLast([]);
    } catch (error) {
      if (error) warning.textContent = `The camera could not take a picture: ${error.message || error}`;
    }
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
  allowDragging(list, {
    move: (id, other) => move(placeOf(turns, id), placeOf(turns, other)), attach, attachToLast, signal,
  });

  // -- from the server: `value` only after explicit actions (a scenario, a reply), or by undo ----
  // Texts that are being typed stay.
  function take(rows) {
    if (early.stands || early.isGiven(rows)) return;
    turns = taken(turns, rows, typed);
    handed = JSON.stringify(rows);
  }
  watch('value', () => {
    if (early.isGiven(props.value)) return;
    if (early.stands) return JSON.stringify(props.value) === handed || changed({ soon: true });
    const known = new Set(turns.map(({ id }) => id));
    const stands = (id) => typed.has(id) && known.has(id);
    take(props.value);
    const focused = document.activeElement?.closest('.turn-text')?.closest('.turn').dataset.id;
    if (focused && !stands(focused)) document.activeElement.blur();
    draw();
    if (focused && !stands(focused)) rowOf(focused)?.querySelector('textarea').focus();
    if (document.activeElement?.matches(MAKERS)) list.querySelector('.turn:last-child textarea')?.focus();
    if ([...typed].some(stands)) changed({ soon: true });
    else dirty = false;
  });
  watch(['tokens', 'images_allowed'], draw);
  draw();
  keptDrafts.isOpen.then(draw); // with its images
}
