// Undo and redo for the whole workspace. Each state is the JSON of every kept control, by name. States
// share unchanged texts.
export class UndoSteps {
  static MOST_STEPS = 200;
  static MOST_CHARACTERS = 10_000_000;
  static PAUSE_MS = 500; // an earlier edit in the same place belongs to the same step

  constructor() {
    this.past = [];
    this.present = null;
    this.future = [];
    this.last = { place: null, at: 0 };
    this.changed = () => {}; // called when the number of steps changes
  }

  // byHand: one edit by a person, which joins the previous edit in the same place.
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

  // The values of the previous or next state, or null without one. kept: the current values, which may
  // hold an edit that is not recorded yet.
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

// What a person is editing: a number, or the text of one message. Null for anything else.
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
