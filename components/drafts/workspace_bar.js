// Undo and redo, earlier drafts, and the workspace as a link. What is kept lies in kept_drafts.js
// and undo_steps.js, which the page's head brings.
const $ = (selector) => element.querySelector(selector);
const note = $('.work-note');
const drafts = $('.drafts');
const SETTLE_MS = 120; // several steps in a row are shown on the server's side once
const READ_MS = 8000;
let settling = null;
let hiding = null;

// -- notes ----------------------------------------------------------------------------------
function say(text, { kind = 'info', link = '' } = {}) {
  clearTimeout(hiding);
  const [words, field] = [note.querySelector('p'), note.querySelector('input')];
  words.textContent = text;
  note.dataset.kind = kind;
  note.hidden = false;
  field.hidden = !link;
  field.value = link;
  if (link) field.select();
  else hiding = setTimeout(() => (note.hidden = true), READ_MS);
}
const counted = (count, word) => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;

// -- undo and redo --------------------------------------------------------------------------
function step(act) {
  trigger(act);
  clearTimeout(settling);
  settling = setTimeout(() => trigger('settle'), SETTLE_MS);
}
undoSteps.changed = () => {
  $('[data-act=step_back]').disabled = !undoSteps.past.length;
  $('[data-act=step_forward]').disabled = !undoSteps.future.length;
};
undoSteps.changed();
// In a text field the browser undoes what was typed there, as everywhere.
function isTextField(node) {
  if (node.isContentEditable || node.tagName === 'TEXTAREA') return true;
  const pressed = ['range', 'checkbox', 'radio', 'button', 'file'];
  return node.tagName === 'INPUT' && !pressed.includes(node.type);
}
window.workBarListeners?.abort();
window.workBarListeners = new AbortController();
const listening = { capture: true, signal: window.workBarListeners.signal };
document.addEventListener('keydown', (event) => {
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || event.altKey || !['z', 'y'].includes(key)) return;
  if (isTextField(event.target) || document.querySelector('dialog[open]')) return;
  event.preventDefault();
  step(key === 'y' || event.shiftKey ? 'step_forward' : 'step_back');
}, listening);

// -- earlier drafts -------------------------------------------------------------------------
function drawDrafts() {
  const list = $('.draft-list');
  const others = keptDrafts.others();
  list.replaceChildren(...others.map((draft) => {
    const button = document.createElement('button');
    button.type = 'button';
    const rows = draft.kept.messages;
    const words = rows.findLast((row) => row.role === 'user' && row.text?.trim())
      || rows.find((row) => row.text?.trim());
    const name = document.createElement('b');
    const only = rows.some((row) => row.images?.length) ? 'Images only' : 'Tools only';
    name.textContent = words ? words.text.trim().slice(0, 80) : only;
    const about = document.createElement('small');
    const when = draft.at ? `${new Date(draft.at).toLocaleString([], {
      dateStyle: 'medium', timeStyle: 'short',
    })} · ` : '';
    about.textContent = when + counted(rows.length, 'message');
    button.append(name, about);
    button.addEventListener('click', () => {
      drafts.open = false;
      liveInputs.handOver();
      trigger('reopen', { draft: JSON.stringify(draft.kept) });
    });
    return button;
  }));
  const words = document.createElement('p');
  words.textContent = others.length
    ? 'Drafts of other tabs, and what was replaced here. Opening one can be undone.'
    : 'Nothing yet. Drafts of other tabs, and what is replaced here, can be found again here.';
  list.append(words);
}
drafts.addEventListener('toggle', () => drafts.open && drawDrafts());
closesOnEscape('drafts', drafts, () => {
  drafts.open = false;
  drafts.querySelector('summary').focus();
});
drafts.addEventListener('focusout', (event) => {
  if (event.relatedTarget && !drafts.contains(event.relatedTarget)) drafts.open = false;
});
document.addEventListener('pointerdown', (event) => {
  if (!drafts.contains(event.target)) drafts.open = false;
}, listening);
keptDrafts.refused = () => {
  keptDrafts.refused = () => {};
  say('This browser keeps no draft: its storage is full or forbidden. Save your work as a file.', {
    kind: 'warning',
  });
};

// -- links ----------------------------------------------------------------------------------
const withoutThe = (images) => (images ? `, without ${counted(images, 'image')}` : '');
async function copyLink({ workspace, images }) {
  const without = withoutThe(images);
  let link;
  try {
    link = await linkOf(workspace);
  } catch {
    say('This browser is too old to make links. Save the workspace as a file instead.', {
      kind: 'warning',
    });
    return;
  }
  const length = link.length.toLocaleString('en');
  if (link.length > LONGEST_LINK) {
    say(`This workspace is too long for a link: ${length} characters of at most `
      + `${LONGEST_LINK.toLocaleString('en')}. Save it as a file instead.`, { kind: 'warning' });
    return;
  }
  try {
    await navigator.clipboard.writeText(link);
    say(`Link copied: ${length} characters${without}.`);
  } catch { // forbidden, or the page came over plain http
    say(`Copy the link here: ${length} characters${without}.`, { link });
  }
}
// The fragment leaves the address at once: a reload must not put it over later edits.
async function openLink() {
  const fragment = location.hash;
  if (!fragment.startsWith(LINK_MARK)) return;
  history.replaceState(history.state, '', location.pathname + location.search);
  try {
    const workspace = await workspaceOf(fragment);
    await keptDrafts.isOpen;
    trigger('open_link', { workspace: JSON.stringify(workspace) });
  } catch (error) {
    say(error.message, { kind: 'warning' });
  }
}
watch('shared', () => props.shared && copyLink(props.shared));
watch('opened', () => {
  if (!props.opened) return;
  const without = withoutThe(props.opened.images);
  const back = document.body.classList.contains('demo') ? '' : ' Undo brings back what was here.';
  say(`Opened from a link${without}.${back}`);
});
window.addEventListener('hashchange', openLink, listening);
openLink();

element.addEventListener('click', (event) => {
  const act = event.target.closest('[data-act]')?.dataset.act;
  if (act === 'step_back' || act === 'step_forward') step(act);
  else if (act === 'share') trigger('make_link');
  else if (act === 'dismiss') note.hidden = true;
});
