// Whether the page differs from the version of its session that was last saved or opened. The browser
// compares what it keeps anyway, so that no key asks the server.
import { keptDrafts } from '../drafts/workspace.js';

// Empty values and the order of names mean nothing.
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const isEmpty = (one) => [null, undefined, '', false].includes(one)
    || (typeof one === 'object' && !Object.keys(one).length);
  const entries = Object.keys(value).sort().map((name) => [name, plain(value[name])]);
  return Object.fromEntries(entries.filter(([, one]) => !isEmpty(one)));
}
const rowOf = ({ role, text, images, calls, tool_call_id: answered }) =>
  ({ role, text, images: (images || []).map(({ path }) => path), calls, answered });

// Of the values of the page's controls, by name: equal for equal pages. It is short, so that storage is
// not filled with a second copy of the page.
export function digestOf(kept) {
  const text = JSON.stringify(plain({ ...kept, messages: (kept?.messages || []).map(rowOf) }));
  let [one, other] = [1, 2];
  for (let place = 0; place < text.length; place += 1) {
    const code = text.charCodeAt(place);
    one = Math.imul(one ^ code, 16777619);
    other = Math.imul(other + code, 2246822519) ^ (other >>> 13);
  }
  return `${text.length}.${one >>> 0}.${other >>> 0}`;
}

export class UnsavedEdits {
  // now: returns the kept values.
  constructor(now) {
    this.now = now;
    this.current = {};
    this.digest = undefined; // of the saved version; none: unknown
    this.last = { saving: 0, digest: '' };
    this.isOpening = false;
  }

  // The session as the browser remembers it, with its digest.
  recall(remembered) {
    const { digest, ...current } = remembered || {};
    Object.assign(this, { current, digest });
    return remembered && current;
  }

  // Called with each request to save. The number comes back with the session.
  begin() {
    this.last = { saving: this.last.saving + 1, digest: digestOf(this.now()) };
    return this.last.saving;
  }

  // The session bar has another value.
  follow({ key, number, saving } = {}) {
    const isOther = key !== this.current.key || number !== this.current.number;
    const isSaved = Boolean(saving) && saving === this.last.saving;
    if (isSaved) this.digest = this.last.digest;
    else if (isOther) this.digest = undefined;
    this.isOpening = Boolean(key) && isOther && !isSaved; // its values follow
    this.current = { key, number };
  }

  // An action has written these values to the page.
  wrote(kept) {
    if (this.isOpening) this.digest = digestOf(kept);
    this.isOpening = false;
  }

  get found() {
    return Boolean(this.current.key && this.digest) && digestOf(this.now()) !== this.digest;
  }
}

export const unsavedEdits = new UnsavedEdits(() => keptDrafts.mine?.kept);
