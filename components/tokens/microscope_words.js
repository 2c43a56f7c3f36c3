// One plain sentence for each step of the microscope, for a person who never heard of it.
import { counted } from '../dom.js';
import { percent } from './token_data.js';

const quoted = (text) => `“${text}”`;
const IDLE = 'Not used at temperature 0.';
const ALL_STAY = 'all tokens stay.';

const SENTENCES = {
  model: () => 'What the model itself expects next.',
  constraint: () => 'Only tokens that the constraint allows here stay.',
  repetition_penalty: (value, { used }) => {
    if (value === 1) return 'Off at 1: it makes no difference whether a token was used before.';
    const change = value > 1 ? 'less likely' : 'more likely';
    const here = used.length ? `, such as ${used.map(quoted).join(' and ')}` : '';
    return `Tokens that were used before become ${change}${here}.`;
  },
  temperature: (value) => {
    if (value === 0) return 'Always takes the likeliest token, so nothing is left to chance.';
    if (value === 1) return 'Off at 1: the probabilities stay as they are.';
    return value < 1
      ? 'Below 1, likely tokens gain and unlikely ones fade.'
      : 'Above 1, unlikely tokens gain and the choice is more open.';
  },
  top_k: (value) => {
    if (!value) return `Off at 0: ${ALL_STAY}`;
    return value === 1 ? 'Keeps only the likeliest token.' : `Keeps the ${value} likeliest tokens and drops the rest.`;
  },
  top_p: (value) => (value >= 1
    ? `Off at 1: ${ALL_STAY}`
    : `Keeps the likeliest tokens until they add up to ${percent(value)}.`),
  min_p: (value, { step }) => (value
    ? `Drops tokens less than ${percent(value)} as likely as the best one: here below ${percent(step.threshold)}.`
    : `Off at 0: ${ALL_STAY}`),
  typical_p: (value) => (value >= 1
    ? `Off at 1: ${ALL_STAY}`
    : `Keeps the tokens about as surprising as expected here, until they add up to ${percent(value)}.`),
};

// used: texts of the rows that the repetition penalty counts.
export function sentenceOf(step, value, used = []) {
  return step.isIdle ? IDLE : SENTENCES[step.name](value, { step, used });
}

// What is left after a step, and what it removed.
export function leftWords({ ids, removed }, before) {
  const left = `${ids.length === 1 ? 'token' : 'tokens'} left`;
  return before && ids.length < before.ids.length ? `${left} · ${percent(Math.max(removed, Number.MIN_VALUE))} removed` : left;
}

// How often a token comes in 1,000 draws, on average.
export function drawsOf(probability) {
  const count = 1000 * probability;
  return count > 0 && count < 0.5 ? '< 1' : Math.round(count).toLocaleString('en');
}

// text: of the token in the answer. isLanes: whether the values are still those of its lane.
export function drawSentence({ text, seed, isLanes, isGreedy, isGiven }) {
  const about = isGreedy ? 'Temperature 0 draws nothing; 1,000 runs give:' : '1,000 draws would give about:';
  if (!isLanes) return `With these values, ${about.replace('Temp', 'temp')}`;
  if (isGiven) return `The branch was given ${quoted(text)} here. ${about}`;
  return isGreedy ? `The lane took ${quoted(text)}. ${about}` : `Seed ${seed} drew ${quoted(text)} here. ${about}`;
}

export const introduction = (vocabulary) =>
  `How the settings turn ${counted(vocabulary, 'possible token')}, which are words or pieces of words, into one.`;
