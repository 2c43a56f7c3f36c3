import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aboutOf, answerName, keyIn, keyMeans, linkTo, nameRule, nextToRate, rowName, saidOf, shareRule } from '../../components/sheets/review_words.js';

const pair = { texts: ['a', 'b'] };
const three = { texts: ['a', 'b', 'c'] };

test('keys 1 to 3 judge two answers, and 1 to 5 rate one of others', () => {
  assert.deepEqual(keyMeans('1', pair, 0), { act: 'judge', marks: [1, -1] });
  assert.deepEqual(keyMeans('2', pair, 0), { act: 'judge', marks: [0, 0] });
  assert.deepEqual(keyMeans('3', pair, 0), { act: 'judge', marks: [-1, 1] });
  assert.equal(keyMeans('4', pair, 0), null);
  assert.deepEqual(keyMeans('5', three, 2), { act: 'rate', place: 2, rating: 5 });
  assert.equal(keyMeans('6', three, 2), null);
  assert.equal(keyMeans('0', three, 2), null);
});

test('other keys move, note and undo, with capitals too', () => {
  assert.deepEqual(['n', 'N', 'u', 'ArrowLeft', 'ArrowRight', 'x', 'Enter'].map((key) => keyMeans(key, pair, 0)?.act), ['note', 'note', 'undo', 'back', 'forward', undefined, undefined]);
});

test('the next answer to rate is found round the end', () => {
  assert.equal(nextToRate([0, 0, 0]), 0);
  assert.equal(nextToRate([4, 0, 0], 0), 1);
  assert.equal(nextToRate([0, 3, 5], 2), 0);
  assert.equal(nextToRate([1, 2, 3], 1), -1);
});

test('a review in words', () => {
  assert.equal(aboutOf({ count: 1, answers: 2 }), '1 pair of answers: say which is better.');
  assert.equal(aboutOf({ count: 12, answers: 3 }), '12 sets of 3 answers, each to rate from 1 to 5.');
  assert.equal(aboutOf({ count: 5, answers: 1 }), '5 answers to rate from 1 to 5.');
  assert.deepEqual([saidOf([1, -1]), saidOf([0, 0]), saidOf([4]), saidOf([4, 2, 5])], ['first is better', 'tie', '4 of 5', '4 of 5, 2 of 5, 5 of 5']);
  assert.deepEqual([answerName(0, 1), answerName(1, 3)], ['Answer', 'Second answer']);
  assert.deepEqual([rowName({ row: 3, sample: 0 }), rowName({ row: 1, sample: 2 })], ['Row 3', 'Row 1, sample 2']);
});

test('a link names the sheet, and other fragments none', () => {
  const link = linkTo({ origin: 'http://x', pathname: '/p' }, 'my sheet & co');
  assert.equal(link, 'http://x/p#review=my+sheet+%26+co');
  assert.equal(keyIn(new URL(link).hash), 'my sheet & co');
  assert.deepEqual(['', '#', '#workspace=abc', '#review=%ff'].map((one) => Boolean(keyIn(one))), [false, false, false, true]);
});

test('who may open a link, and whose judgements are whose, is said for both kinds of servers', () => {
  assert.match(shareRule({ user: 'ann' }), /nothing else in the sheet, for everyone who can log in/);
  assert.match(shareRule({ user: '' }), /everyone who can open this page/);
  assert.match(nameRule({ user: 'ann' }), /under your login name/);
  assert.match(nameRule({ user: '' }), /the browser that uses it first/);
});
