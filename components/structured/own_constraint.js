// The fields of a lane's own constraint: its kind, its text, and what is wrong with it.
import { make } from '../dom.js';
import { KINDS, TYPED, linesOf, shared, stateOf, valueOf } from './constraint_text.js';

const NAMES = { json: 'JSON', json_schema: 'schema', choices: 'choices', regex: 'regex', grammar: 'grammar' };

export const OWN_KINDS = [['', 'Sidebar settings'], ...KINDS];

// A lane's constraint of another kind; null is the sidebar's. It begins with what the sidebar has typed for
// that kind. typed: what this lane had before, by kind.
export function ownOf(kind, typed = {}) {
  if (!kind) return null;
  const { texts, ...flags } = shared.state;
  return valueOf({ ...flags, kind, texts: { ...texts, ...typed } });
}
// Its switches. of: whether a constraint has it.
export const OPTIONS = [
  {
    name: 'flexible_whitespace', words: 'White space in JSON', of: (constraint) => /^json/.test(constraint?.kind),
    choices: [['false', 'At most one space'], ['true', 'Flexible']],
  },
  {
    name: 'after_thought', words: 'Thoughts', of: (constraint) => constraint && constraint.kind !== 'none',
    choices: [['true', 'Free'], ['false', 'None']],
  },
];
export const textOf = (constraint) => stateOf(constraint).texts[constraint?.kind] || '';
export const isTyped = (constraint) => TYPED.includes(constraint?.kind);

export function withText(constraint, text) {
  return constraint.kind === 'choices' ? { ...constraint, choices: linesOf(text) } : { ...constraint, text };
}

// A chip for what can't be used, with the whole sentence as its title.
export function faultChip(constraint, error) {
  return make('span.lane-fault', { title: error }, `${NAMES[constraint?.kind] || 'constraint'} not valid`);
}
