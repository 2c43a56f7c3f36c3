// Undo and redo, earlier drafts, and the workspace as a link.
import { button, copyText, counted, figure, make } from '../dom.js';
import { closesAsMenu } from '../escape_key.js';
import { liveInputs } from '../live_inputs.js';
import { Questions } from '../questions.js';
import { barEvents, keptDrafts, undoSteps } from './workspace.js';
import { LINK_MARK, LONGEST_LINK, linkOf, workspaceOf } from './workspace_link.js';

const SETTLE_MS = 120; // the server redraws once after several steps in a row
const READ_MS = 8000;

// In a text field, the browser's own undo applies.
function isTextField(node) {
  if (node.isContentEditable || node.tagName === 'TEXTAREA') return true;
  const pressed = ['range', 'checkbox', 'radio', 'button', 'file'];
  return node.tagName === 'INPUT' && !pressed.includes(node.type);
}
// The title of a draft in the list: its last user message, else its content.
export function titleOf(rows) {
  const words = rows.findLast((row) => row.role === 'user' && row.text?.trim())
    || rows.find((row) => row.text?.trim());
  if (words) return words.text.trim().slice(0, 80);
  return rows.some((row) => row.images?.length) ? 'Images only' : 'Tools only';
}
const timeOf = (at) => `${new Date(at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })} · `;
const withoutThe = (images) => (images ? `, without ${counted(images, 'image')}` : '');

export function mount({ element, trigger, props, watch, signal }) {
  const $ = (selector) => element.querySelector(selector);
  const note = $('.work-note');
  const drafts = $('.drafts');
  const shares = new Questions(props.shared);
  const openings = new Questions(props.opened);
  let settling = null;
  let hiding = null;
  barEvents.meet(trigger);

  // -- notes --------------------------------------------------------------------------------
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
  const warn = (text) => say(text, { kind: 'warning' });

  // -- undo and redo ------------------------------------------------------------------------
  function step(act) {
    trigger(act);
    clearTimeout(settling);
    settling = setTimeout(() => trigger('show'), SETTLE_MS);
  }
  undoSteps.changed = () => {
    $('[data-act=step_back]').disabled = !undoSteps.past.length;
    $('[data-act=step_forward]').disabled = !undoSteps.future.length;
  };
  undoSteps.changed();
  document.addEventListener('keydown', (event) => {
    const key = event.key.toLowerCase();
    if (!(event.ctrlKey || event.metaKey) || event.altKey || !['z', 'y'].includes(key)) return;
    if (isTextField(event.target) || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    step(key === 'y' || event.shiftKey ? 'step_forward' : 'step_back');
  }, { capture: true, signal });

  // -- earlier drafts -----------------------------------------------------------------------
  function draftButton(draft) {
    const rows = draft.kept.messages;
    const when = draft.at ? timeOf(draft.at) : '';
    const node = button('', make('b', titleOf(rows)), make('small', when + counted(rows.length, 'message')));
    node.addEventListener('click', () => {
      drafts.open = false;
      liveInputs.handOver();
      trigger('reopen', { draft: JSON.stringify(draft.kept) });
    });
    return node;
  }
  drafts.addEventListener('toggle', () => {
    if (!drafts.open) return;
    const others = keptDrafts.others();
    $('.draft-list').replaceChildren(...others.map(draftButton), make('p', others.length
      ? 'Drafts from other tabs, and work that was replaced here. You can undo opening one.'
      : 'No drafts yet. Drafts from other tabs, and work that is replaced here, will appear in this list.'));
  });
  closesAsMenu('drafts', drafts, signal);
  keptDrafts.refused = () => {
    keptDrafts.refused = () => {};
    warn('This browser cannot keep a draft: its storage is full or blocked. Save your work as a file.');
  };

  // -- links --------------------------------------------------------------------------------
  async function copyLink({ workspace, images }) {
    let link;
    try {
      link = await linkOf(workspace, location.origin + location.pathname);
    } catch {
      warn('This browser is too old to create links. Save the workspace as a file instead.');
      return;
    }
    const length = figure(link.length);
    if (link.length > LONGEST_LINK) {
      warn(`This workspace is too long for a link: ${length} characters; the limit is `
        + `${figure(LONGEST_LINK)}. Save it as a file instead.`);
      return;
    }
    const about = `${length} characters${withoutThe(images)}.`;
    if (await copyText(link)) say(`Link copied: ${about}`);
    else say(`Copy this link: ${about}`, { link });
  }
  // The fragment leaves the address immediately: a reload must not overwrite later edits with it.
  async function openLink() {
    const fragment = location.hash;
    if (!fragment.startsWith(LINK_MARK)) return;
    history.replaceState(history.state, '', location.pathname + location.search);
    try {
      const workspace = await workspaceOf(fragment);
      await keptDrafts.isOpen;
      trigger('open_link', openings.next({ workspace: JSON.stringify(workspace) }));
    } catch (error) {
      warn(error.message);
    }
  }
  watch('shared', () => props.shared && shares.takes(props.shared) && copyLink(props.shared));
  watch('opened', () => {
    if (!props.opened || !openings.takes(props.opened)) return;
    const back = document.body.classList.contains('demo') ? '' : ' Undo restores your previous work.';
    say(`Opened from a link${withoutThe(props.opened.images)}.${back}`);
  });
  window.addEventListener('hashchange', openLink, { signal });
  openLink();

  element.addEventListener('click', (event) => {
    const act = event.target.closest('[data-act]')?.dataset.act;
    if (act === 'step_back' || act === 'step_forward') step(act);
    else if (act === 'share') trigger('make_link', shares.next());
    else if (act === 'new') {
      liveInputs.handOver();
      trigger('new');
    }
    else if (act === 'dismiss') note.hidden = true;
  });
}
