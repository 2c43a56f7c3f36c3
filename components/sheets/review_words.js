// A blind review in words and keys.
import { counted } from '../dom.js';

export const CHOICES = [ // of two answers: the key, what it says and the marks
  ['1', 'First is better', [1, -1]], ['2', 'Tie', [0, 0]], ['3', 'Second is better', [-1, 1]],
];
export const RATINGS = [1, 2, 3, 4, 5];
const ORDINALS = ['First', 'Second', 'Third', 'Fourth'];

// What a key means while `item` is judged, of which the answer `active` is rated; null for other keys.
export function keyMeans(key, item, active) {
  const act = { n: 'note', u: 'undo', ArrowLeft: 'back', ArrowRight: 'forward' }[key.length === 1 ? key.toLowerCase() : key];
  if (act) return { act };
  if (item.texts.length === 2) {
    const choice = CHOICES.find(([known]) => known === key);
    return choice ? { act: 'judge', marks: choice[2] } : null;
  }
  const rating = RATINGS.find((one) => String(one) === key);
  return rating ? { act: 'rate', place: active, rating } : null;
}
// The first answer without a rating, from `place` on and round the end; -1 if all have one.
export function nextToRate(ratings, place = 0) {
  const order = ratings.map((_, step) => (place + step) % ratings.length);
  return order.find((one) => !ratings[one]) ?? -1;
}
export function saidOf(marks) {
  if (marks.length === 2) return CHOICES.find(([, , one]) => one[0] === marks[0])[1].toLowerCase();
  return marks.map((one) => `${one} of 5`).join(', ');
}
export const answerName = (place, count) => (count === 1 ? 'Answer' : `${ORDINALS[place]} answer`);
export const rowName = ({ row, sample }) => (sample ? `Row ${row}, sample ${sample}` : `Row ${row}`);
export function aboutOf({ count, answers }) {
  if (answers === 1) return `${counted(count, 'answer')} to rate from 1 to 5.`;
  return answers === 2
    ? `${counted(count, 'pair')} of answers: say which is better.`
    : `${counted(count, 'set')} of ${answers} answers, each to rate from 1 to 5.`;
}
export const linkTo = ({ origin, pathname }, key) => `${origin}${pathname}#${new URLSearchParams({ review: key })}`;
export const keyIn = (fragment) => new URLSearchParams(fragment.slice(1)).get('review') || '';
export const shareRule = ({ user }) => (user
  ? 'It opens this review, but nothing else in the sheet, for everyone who can log in here.'
  : 'It opens this review for everyone who can open this page.');
export const nameRule = ({ user }) => (user
  ? 'You judge under your login name, and nobody else can change your judgements.'
  : 'A name belongs to the browser that uses it first: no other browser can change its judgements.');
