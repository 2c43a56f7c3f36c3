// What an answer was asked with, to mark it once that has changed. The tab remembers it after a reload.
import { keptDrafts } from '../drafts/workspace.js';
import { stored } from '../dom.js';

const STORE = 'playground_asked:';
const LANE = /^lane_/;
const AT_ONCE = 5000; // milliseconds from a press of Run to an answer that no drawing announced

// The kept values that decide what the lane answers. One lane alone has the sidebar's settings.
export function inputsOf(kept, label) {
  const { preset, lanes, messages, ...others } = kept || {};
  const own = lanes > 1 ? { ...others[`lane_${label}`], pinned: undefined } : null;
  const shared = Object.entries(others).filter(([name]) => !LANE.test(name));
  return {
    ...Object.fromEntries(shared), lane: own,
    messages: (messages || []).map(({ role, text, images }) => [role, text, (images || []).map(({ path }) => path)]),
  };
}
// In words, for a sentence; empty if nothing has changed.
export function changesSince(asked, now) {
  const same = (name) => JSON.stringify(asked[name] ?? null) === JSON.stringify(now[name] ?? null);
  const words = { lane: 'the settings of this lane', messages: 'the messages', tools: 'the tools' };
  return Object.keys(now).filter((name) => !same(name))
    .map((name) => words[name] || name.replaceAll('_', ' ')).sort();
}

export class Asked {
  constructor(label) {
    this.label = label;
    this.last = stored(() => JSON.parse(sessionStorage.getItem(STORE + label)));
    this.requestedAt = -Infinity;
    this.goesOn = false;
  }

  // Run was pressed. It may be refused, so `last` is still what the answer that stands was asked with.
  request() {
    this.requestedAt = Date.now();
    this.goesOn = false;
  }

  // The next answer is asked for with what the one that stands was asked with: it is a branch of it.
  goOn() {
    this.request();
    this.goesOn = true;
  }

  // Whether an answer that is drawn now, complete already, can be the one that Run asked for.
  get isRequested() {
    return Date.now() - this.requestedAt < AT_ONCE;
  }

  begin() {
    this.requestedAt = -Infinity;
    if (!this.goesOn) this.last = { inputs: inputsOf(keptDrafts.mine?.kept, this.label) };
    if (this.last) this.last.at = Date.now();
    this.goesOn = false;
    this.keep();
  }

  keep() {
    stored(() => sessionStorage.setItem(STORE + this.label, JSON.stringify(this.last)));
  }

  // A saved version brings its answer back. changes: since the answer, when it was saved, in words.
  // The version's inputs are kept a moment after its answers are drawn.
  restore({ at, changes }) {
    this.last = { at: Date.parse(at), before: changes };
  }

  takeInputs(kept) {
    if (!this.last || this.last.inputs) return;
    this.last.inputs = inputsOf(kept, this.label);
    this.keep();
  }

  // An answer from elsewhere, such as the history, has unknown inputs.
  forget() {
    this.last = null;
    stored(() => sessionStorage.removeItem(STORE + this.label));
  }

  changes() {
    const kept = keptDrafts.mine?.kept;
    if (!this.last || !kept || kept[`lane_${this.label}`]?.pinned) return [];
    const { before = [], inputs } = this.last;
    return [...before, ...(inputs ? changesSince(inputs, inputsOf(kept, this.label)) : [])];
  }

  // With the date, if it isn't today's; empty if it is unknown.
  get time() {
    if (!this.last?.at) return '';
    const at = new Date(this.last.at);
    const isToday = at.toDateString() === new Date().toDateString();
    return at.toLocaleString([], { ...(isToday ? {} : { dateStyle: 'medium' }), timeStyle: 'short' });
  }
}
