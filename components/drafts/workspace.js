// The workspace as this browser keeps it: the draft of this tab, and the steps to undo. Gradio's
// events call these with the names of the kept controls and their values.
import { liveInputs } from '../live_inputs.js';
import { stored } from '../dom.js';
import { KeptDrafts, randomName } from './kept_drafts.js';
import { UndoSteps } from './undo_steps.js';

const SESSION = 'playground_session';
export const keptDrafts = new KeptDrafts();
export const undoSteps = new UndoSteps();

// Events of the workspace bar that stand for the ends of many others: `acted`, `ran` and `show`. Those
// that come before the bar is there wait for it.
class BarEvents {
  #early = [];
  trigger = (event) => this.#early.push(event);
  meet(trigger) {
    this.trigger = trigger;
    this.#early.splice(0).forEach((event) => trigger(event));
  }
}
export const barEvents = new BarEvents();

// The draft to open, of this tab or the latest one, and the name of the session that its runs belong
// to. It replaces the value of a component that has none.
export function openDraft() {
  const session = stored(() => sessionStorage.getItem(SESSION)) || randomName();
  stored(() => sessionStorage.setItem(SESSION, session));
  return [{ ...keptDrafts.open(), session }];
}

// Keeps what a person has typed, by name, without waiting for Gradio: also while they leave.
export function keepPart(part) {
  keptDrafts.keepPart(part);
  undoSteps.recordPart(part);
}

const gathered = (names, values) =>
  Object.fromEntries(names.map((name, place) => [name, values[place]]));

export function keepWorkspace(names, values, how) {
  const kept = gathered(names, liveInputs.values(names, values));
  keptDrafts.keep(kept, how, gathered(names, values));
  undoSteps.record(kept, how === 'edit');
  return [];
}

// Undefined leaves a control unchanged.
export function stepWorkspace(names, values, direction) {
  const kept = gathered(names, liveInputs.values(names, values));
  const then = undoSteps[direction](kept);
  if (!then) return names.map(() => undefined);
  keptDrafts.keep(then, 'step');
  liveInputs.handed.clear(); // the step replaces it
  const same = (name) => JSON.stringify(kept[name] ?? null) === JSON.stringify(then[name] ?? null);
  return names.map((name) => (same(name) ? undefined : then[name]));
}
