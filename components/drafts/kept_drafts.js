// Drafts in this browser, one for each tab, so that tabs don't overwrite each other. A draft is
// {at, edited, kept}: when it last changed; whether a person changed it since it was opened or set by
// an action such as a scenario; and the raw values of the page's controls, by name.
import { stored } from '../dom.js';

export const randomName = () => crypto.getRandomValues(new Uint32Array(4)).join('-');

export class KeptDrafts {
  static PREFIX = 'playground_draft_2:';
  static MOST = 20;

  constructor() {
    this.tab = stored(() => sessionStorage.getItem('playground_tab')) || randomName();
    this.mine = null;
    this.isOpen = new Promise((resolve) => (this.opened = resolve));
    this.wasOpened = false;
    this.refused = () => {}; // called if the browser can't keep a draft
    this.heard = new EventTarget(); // of `kept`, with `how` and `written` of `keep` as its detail
    this.name(this.tab);
  }

  name(tab) {
    this.tab = tab;
    stored(() => sessionStorage.setItem('playground_tab', tab));
  }

  // A duplicated tab copies its original's name. The original reports this, and the copy takes another.
  meet() {
    const channel = stored(() => new BroadcastChannel('playground_tabs'));
    if (!channel) return;
    const page = randomName();
    channel.onmessage = ({ data }) => {
      if (data.tab !== this.tab) return;
      if (data.from) channel.postMessage({ tab: data.tab, to: data.from });
      else if (data.to === page) {
        this.name(randomName());
        if (this.mine) this.write(this.tab, this.mine);
      }
    };
    channel.postMessage({ tab: this.tab, from: page });
  }

  // -- opening -----------------------------------------------------------------------------
  // The draft to open: this tab's own, or in a new tab a copy of the latest one.
  open() {
    const own = this.read(this.tab);
    const latest = own || this.latest();
    if (!latest) return {};
    this.mine = own || { ...latest, edited: false };
    this.write(this.tab, this.mine);
    return this.mine.kept;
  }

  latest() {
    const all = this.all();
    return all.find((draft) => hasWords(draft.kept)) || all[0];
  }

  // Drafts of other tabs and replaced drafts of this tab, the newest first, each once.
  others() {
    const seen = new Set([wordsOf(this.mine?.kept)]);
    return this.all().filter((draft) => {
      const words = wordsOf(draft.kept);
      if (draft.name === this.tab || !draft.edited || !hasWords(draft.kept) || seen.has(words)) {
        return false;
      }
      return seen.add(words);
    });
  }

  // -- keeping -----------------------------------------------------------------------------
  // how: 'open' when the page is ready; 'edit' by a person; 'act' by a button that writes inputs;
  // 'step' by undo and redo.
  // written: the values without what a person has typed since.
  keep(kept, how, written = kept) {
    this.take(kept, how);
    this.heard.dispatchEvent(new CustomEvent('kept', { detail: { how, written } }));
  }

  take(kept, how) {
    const before = this.mine;
    if (how === 'open') {
      this.wasOpened = true;
      this.opened();
    } else if (!this.wasOpened && !hasWords(kept)) return; // the page isn't ready yet
    if (before && JSON.stringify(before.kept) === JSON.stringify(kept)) return;
    const replaces = how !== 'open' && how !== 'step' && isReplaced(before, kept, how);
    if (replaces) this.write(randomName(), before);
    const edited = how === 'edit' || how === 'step' || Boolean(before?.edited && !replaces);
    this.mine = { at: how === 'open' ? before?.at || 0 : Date.now(), edited, kept };
    if (before || how !== 'open') this.write(this.tab, this.mine);
  }

  // Keeps what a person is typing, by name, without waiting for Gradio: also while they leave.
  keepPart(part) {
    this.keep({ ...this.mine?.kept, ...part }, 'edit');
  }

  write(name, { at, edited, kept }) {
    const text = JSON.stringify({ at, edited, kept });
    const put = () => stored(() => localStorage.setItem(KeptDrafts.PREFIX + name, text) ?? true);
    let isKept = put();
    const isDone = () => isKept && this.names().length <= KeptDrafts.MOST;
    if (isDone()) return;
    const others = this.all().filter((draft) => ![name, this.tab].includes(draft.name));
    others.sort((a, b) => worth(b) - worth(a) || b.at - a.at);
    while (others.length && !isDone()) {
      this.remove(others.pop().name);
      isKept ||= put();
    }
    if (!isKept) this.refused(); // the storage is forbidden, or full of something else
  }

  // -- storage -----------------------------------------------------------------------------
  all() {
    const all = this.names().map((name) => ({ name, ...this.read(name) }));
    return all.filter((draft) => draft.kept).sort((a, b) => b.at - a.at);
  }

  names() {
    const keys = stored(() => Object.keys(localStorage)) || [];
    const own = keys.filter((key) => key.startsWith(KeptDrafts.PREFIX));
    return own.map((key) => key.slice(KeptDrafts.PREFIX.length));
  }

  read(name) {
    const draft = stored(() => JSON.parse(localStorage.getItem(KeptDrafts.PREFIX + name)));
    return Array.isArray(draft?.kept?.messages) ? draft : null;
  }

  remove(name) {
    stored(() => localStorage.removeItem(KeptDrafts.PREFIX + name));
  }
}

function hasMessages(kept) {
  return (kept?.messages || []).some((row) => row.text?.trim() || row.images?.length);
}
function hasWords(kept) {
  return hasMessages(kept) || Boolean(kept?.tools?.trim());
}
function wordsOf(kept) {
  const rows = kept?.messages || [];
  const messages = rows.map(({ role, text, images }) => [role, text, images]);
  return JSON.stringify([messages, kept?.tools || '']);
}
function isReplaced(before, kept, how) {
  if (!before?.edited || !hasWords(before.kept)) return false;
  if (!hasMessages(before.kept)) return how === 'act' && before.kept.tools !== kept.tools;
  const ids = new Set((kept.messages || []).map((row) => row.id));
  return !before.kept.messages.some((row) => ids.has(row.id));
}
// Which drafts to delete first if the storage is full: copies and empty ones before edited ones.
function worth(draft) {
  return Number(Boolean(draft.edited) && hasWords(draft.kept));
}
