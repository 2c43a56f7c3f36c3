// Undo and redo over the whole workspace: each state is the JSON of every kept control by name.
// States share the texts that didn't change.
class UndoSteps {
  static MOST_STEPS = 200;
  static MOST_CHARACTERS = 10_000_000;
  static PAUSE_MS = 500; // what follows sooner, in the same place, is the same step

  constructor() {
    this.past = [];
    this.present = null;
    this.future = [];
    this.last = { place: null, at: 0 };
    this.changed = () => {}; // called when there is more or less to undo
  }

  // byHand: one edit of a person, which joins the edit before it in the same place.
  record(kept, byHand) {
    const now = { ...this.present };
    for (const [name, value] of Object.entries(kept)) {
      const text = JSON.stringify(value ?? null);
      now[name] = text === this.present?.[name] ? this.present[name] : text;
    }
    const names = Object.keys(now).filter((name) => now[name] !== this.present?.[name]);
    if (!names.length) return;
    const place = byHand && this.present ? placeOfEdit(names, this.present, now) : null;
    const at = Date.now();
    const joins = place && place === this.last.place && at - this.last.at < UndoSteps.PAUSE_MS;
    if (this.present && !joins) this.past.push(this.present);
    this.present = now;
    this.future = [];
    this.last = { place, at };
    this.trim();
    this.changed();
  }

  recordPart(part) {
    if (this.present) this.record(part, true);
  }

  back(kept) {
    return this.step(kept, 'past', 'future');
  }

  forth(kept) {
    return this.step(kept, 'future', 'past');
  }

  // The values of the state before or after, or null where there is none. kept: the values now,
  // which may hold an edit that wasn't recorded yet.
  step(kept, from, to) {
    this.record(kept, true);
    if (!this[from].length) return null;
    this[to].push(this.present);
    this.present = this[from].pop();
    this.last = { place: null, at: 0 };
    this.changed();
    return Object.fromEntries(
      Object.entries(this.present).map(([name, text]) => [name, JSON.parse(text)]),
    );
  }

  trim() {
    const texts = new Set(this.past.flatMap((state) => Object.values(state)));
    let size = 0;
    for (const text of texts) size += text.length;
    while (this.past.length > 1
      && (this.past.length > UndoSteps.MOST_STEPS || size > UndoSteps.MOST_CHARACTERS)) {
      const gone = this.past.shift();
      for (const [name, text] of Object.entries(gone)) {
        if (text !== this.past[0][name]) size -= text.length;
      }
    }
  }
}

// Where a person is at work: a number, or the text of one message. Null for all else.
function placeOfEdit(names, before, now) {
  if (names.length !== 1) return null;
  const [name] = names;
  if (name !== 'messages') return /^[[{]/.test(now[name]) ? null : name;
  const [was, is] = [JSON.parse(before.messages || '[]'), JSON.parse(now.messages)];
  const bare = (rows) => JSON.stringify(rows.map((row) => ({ ...row, text: '' })));
  if (bare(was) !== bare(is)) return null;
  const typed = is.filter((row, place) => row.text !== was[place].text);
  return typed.length === 1 ? `message ${typed[0].id}` : null;
}
const undoSteps = new UndoSteps();

// -- what Gradio's events call, with the names of the kept controls and their values -------------
const gathered = (names, values) =>
  Object.fromEntries(names.map((name, place) => [name, values[place]]));

function keepWorkspace(names, values, how) {
  const kept = gathered(names, liveInputs.values(names, values));
  keptDrafts.keep(kept, how);
  undoSteps.record(kept, how === 'edit');
  return [];
}
// Undefined leaves a control as it is.
function stepWorkspace(names, values, direction) {
  const kept = gathered(names, liveInputs.values(names, values));
  const then = undoSteps[direction](kept);
  if (!then) return names.map(() => undefined);
  keptDrafts.keep(then, 'step');
  liveInputs.handed.clear(); // it gives way to the step
  const same = (name) => JSON.stringify(kept[name] ?? null) === JSON.stringify(then[name] ?? null);
  return names.map((name) => (same(name) ? undefined : then[name]));
}
