import assert from 'node:assert/strict';
import { test } from 'node:test';
import { homeOf, markOf, stretchOf, withoutThoughts } from '../../components/answers/answer_text.js';

const VALUE = { prefill: 'Yes, ', text: 'a red cat', divergence: { offset: 2, length: 3, place: 7 } };
const MARK = markOf(VALUE, 'B');

test('the mark counts from the beginning of what the person wrote', () => {
  assert.deepEqual(MARK, { start: 7, end: 10, place: 7, unexplained: '', lane: 'B' });
  assert.equal(markOf({ text: 'a' }, 'B'), null);
});

test('a stretch tells apart who wrote what, and where the lanes part', () => {
  assert.deepEqual(stretchOf(VALUE, 0, 14, MARK), {
    prefill: 'Yes, ', text: 'a ', marked: 'red', rest: ' cat',
  });
  assert.deepEqual(stretchOf(VALUE, 0, 14, null), {
    prefill: 'Yes, ', text: 'a red cat', marked: '', rest: '',
  });
});

test('a mark outside of the stretch moves to its nearer end', () => {
  assert.deepEqual(stretchOf(VALUE, 0, 6, MARK), { prefill: 'Yes, ', text: 'a', marked: '', rest: '' });
  assert.deepEqual(stretchOf(VALUE, 11, 14, MARK), { prefill: '', text: '', marked: '', rest: 'cat' });
});

test('the first part that ends behind the mark shows it, else the last one', () => {
  assert.equal(homeOf([{ end: 5 }, { end: 8 }, { end: 14 }], MARK), 1);
  assert.equal(homeOf([{ end: 5 }, { end: 6 }], MARK), 1);
  assert.equal(homeOf([{ end: 14 }], null), -1);
});

test('an answer without its thoughts keeps a paragraph between its parts', () => {
  const text = 'A<t>why</t>\nB';
  const part = (kind, start, end) => ({ kind, start, end });
  const parts = [part('text', 0, 1), part('thought', 4, 7), part('text', 12, 13)];
  assert.equal(withoutThoughts({ text, parts }), 'A\n\nB');
  assert.equal(withoutThoughts({ text: 'AB', parts: [part('text', 0, 2)] }), 'AB');
});
