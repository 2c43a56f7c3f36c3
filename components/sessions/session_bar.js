// The session that the page belongs to. The tab remembers it. A new tab takes this browser's latest
// session, like its draft.
import { stored } from '../dom.js';
import { keptDrafts } from '../drafts/workspace.js';
import { closesOnEscape } from '../escape_key.js';
import { liveInputs } from '../live_inputs.js';
import { unsavedEdits } from './unsaved_edits.js';

const STORE = 'playground_current_session';
const SHOWN_MS = 4000;

const remembered = () =>
  stored(() => JSON.parse(sessionStorage.getItem(STORE) ?? localStorage.getItem(STORE)));
// If storage is forbidden, the name is lost after a reload, but not the session.
function remember({ key, name, number } = {}) {
  const text = JSON.stringify({ key, name, number, digest: unsavedEdits.digest });
  stored(() => {
    sessionStorage.setItem(STORE, text);
    localStorage.setItem(STORE, text);
  });
}
// The data of an event that saves, when the drafts have what was typed.
export function saving(data = {}) {
  liveInputs.handOver();
  return { ...data, saving: unsavedEdits.begin() };
}

export function mount({ element, trigger, props, watch, signal }) {
  const ask = element.querySelector('.session-ask');
  const field = ask.querySelector('input');
  const [said, edited] = ['said', 'edited'].map((name) => element.querySelector(`.session-${name}`));
  let before = null;
  let timer = null;

  function draw() {
    const { key, name, number } = props.value || {};
    element.querySelector('.session-name').textContent = key ? name : 'Not saved';
    Object.assign(element.querySelector('.session-bar').dataset, { session: key || '', number: number || 0 });
    if (key && before && (before.key !== key || before.number < number)) {
      said.textContent = `Version ${number}`;
      clearTimeout(timer);
      timer = setTimeout(() => { said.textContent = ''; }, SHOWN_MS);
    }
    before = { key, number };
    drawEdited();
  }
  function drawEdited() {
    edited.hidden = !keptDrafts.wasOpened || !unsavedEdits.found;
    edited.title = `Unsaved changes since version ${props.value?.number}`;
    said.hidden = !edited.hidden;
  }
  function toggle(open) {
    ask.hidden = !open;
    if (!open) return;
    field.value = props.value?.name || '';
    field.focus();
    field.select();
  }
  element.addEventListener('click', (event) => {
    const act = event.target.closest('[data-act]')?.dataset.act;
    if (act === 'show') trigger('show');
    else if (act === 'close') toggle(false);
    else if (act === 'save' && props.value?.key) trigger('save', saving({ name: '' }));
    else if (act === 'save') toggle(true);
  });
  ask.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!field.value.trim()) return;
    toggle(false);
    trigger('save', saving({ name: field.value }));
  });
  closesOnEscape('session name', ask, () => {
    toggle(false);
    element.querySelector('.session-save').focus();
  });
  document.addEventListener('pointerdown', (event) => {
    if (!element.contains(event.target)) toggle(false);
  }, { signal });
  watch('value', () => {
    unsavedEdits.follow(props.value || {});
    remember(props.value || {});
    draw();
    window.dispatchEvent(new Event('session-changed'));
  });
  keptDrafts.heard.addEventListener('kept', ({ detail }) => {
    if (detail.how === 'act' && unsavedEdits.isOpening) {
      unsavedEdits.wrote(detail.written);
      remember(props.value || {});
    }
    drawEdited();
  }, { signal });
  if (!props.value) props.value = unsavedEdits.recall(remembered());
  draw();
}
