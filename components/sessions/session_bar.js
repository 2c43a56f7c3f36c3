// The session that the page belongs to. The tab remembers it; a new tab takes the one that this
// browser had last, as it takes its draft.
const STORE = 'playground_current_session';
const ask = element.querySelector('.session-ask');
const field = ask.querySelector('input');
const said = element.querySelector('.session-said');
let before = null;
let timer = null;

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE) ?? localStorage.getItem(STORE));
  } catch {
    return null; // storage may be forbidden
  }
}
function remember(value) {
  try {
    sessionStorage.setItem(STORE, JSON.stringify(value));
    localStorage.setItem(STORE, JSON.stringify(value));
  } catch {
    // Then the name is gone after a reload; the session is not.
  }
}
function draw() {
  const { key, name, number } = props.value || {};
  element.querySelector('.session-name').textContent = key ? name : 'Not saved';
  Object.assign(element.querySelector('.session-bar').dataset, { session: key || '', number: number || 0 });
  if (key && before && (before.key !== key || before.number < number)) {
    said.textContent = `Version ${number}`;
    clearTimeout(timer);
    timer = setTimeout(() => { said.textContent = ''; }, 4000);
  }
  before = { key, number };
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
  else if (act === 'save' && props.value?.key) trigger('save', { name: '' });
  else if (act === 'save') toggle(true);
});
ask.addEventListener('submit', (event) => {
  event.preventDefault();
  if (!field.value.trim()) return;
  toggle(false);
  trigger('save', { name: field.value });
});
closesOnEscape('session name', ask, () => {
  toggle(false);
  element.querySelector('.session-save').focus();
});
document.addEventListener('pointerdown', (event) => {
  if (!element.contains(event.target)) toggle(false);
});
watch('value', () => {
  remember(props.value);
  draw();
  window.dispatchEvent(new Event('session-changed'));
});
if (!props.value) props.value = remembered();
draw();
