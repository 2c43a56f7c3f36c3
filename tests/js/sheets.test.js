import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typedField, usualCheck } from '../../components/sheets/check_form.js';
import { cellAfter, wantedWindow } from '../../components/sheets/sheet_grid.js';
import { buttonsOf, markOf, progressSaid, stateOf, timeIn, widthsOf } from '../../components/sheets/sheet_words.js';

const of = (state, done, total, more = {}) => ({ state, done, total, failed: 0, rate: null, left: null, seconds: 0, ...more });

test('rows are asked for where some are missing, with those around them', () => {
  const has = (place) => place < 100;
  assert.equal(wantedWindow(0, 25, 1000, has), null);
  assert.deepEqual(wantedWindow(90, 115, 1000, has), { start: 20, count: 165 });
  assert.equal(wantedWindow(90, 115, 100, has), null);
  assert.equal(wantedWindow(500, 900, 1000, has).count, 200);
});

test('keys move in the table, and no further', () => {
  const size = { rows: 100, columns: 5, page: 20 };
  assert.deepEqual(cellAfter('ArrowDown', { row: 3, column: 1 }, size), { row: 4, column: 1 });
  assert.deepEqual(cellAfter('PageDown', { row: 95, column: 1 }, size), { row: 99, column: 1 });
  assert.deepEqual(cellAfter('End', { row: 3, column: 1 }, size, true), { row: 99, column: 4 });
  assert.deepEqual(cellAfter('ArrowLeft', { row: 3, column: 0 }, size), { row: 3, column: 0 });
  assert.equal(cellAfter('x', { row: 3, column: 0 }, size), null);
});

test('a run in words', () => {
  assert.equal(progressSaid(of('running', 120, 300, { rate: 7.31, left: 24.6 })), '120 of 300 answers · 7.3 per second · 25 s left');
  assert.equal(progressSaid(of('finished', 300, 300, { seconds: 41 })), '300 answers in 41 s');
  assert.deepEqual([timeIn(0.2), timeIn(89), timeIn(600), timeIn(7200)], ['1 s', '89 s', '10 min', '2.0 h']);
  assert.equal(stateOf(of('stopped', 0, 300)).word, 'Not run yet');
  assert.equal(stateOf(of('stopped', 10, 300)).word, 'Not finished');
});

test('the buttons are those that do something', () => {
  const acts = (...facts) => buttonsOf(...facts).map(([act]) => act);
  assert.deepEqual(buttonsOf(of('stopped', 0, 300)), [['run', 'Run 300 answers']]);
  assert.deepEqual(buttonsOf(of('stopped', 290, 300, { failed: 2 })), [['run', 'Run 10 more'], ['failed', 'Rerun 2 failed']]);
  assert.deepEqual(acts(of('running', 1, 2)), ['pause', 'stop']);
  assert.deepEqual(acts(of('paused', 1, 2)), ['resume', 'stop']);
  assert.deepEqual(acts(of('finished', 2, 2)), []);
  assert.deepEqual(buttonsOf(of('finished', 2, 2), true), [['run', 'Run with this prompt']]);
  assert.deepEqual(buttonsOf(of('finished', 2, 2, { unjudged: 2 })), [['judge', 'Judge 2 answers']]);
  assert.deepEqual(acts(of('stopped', 1, 2, { unjudged: 1 })), ['run']);
  assert.equal(stateOf(of('running', 1, 2, { judging: true })).word, 'Judging');
  assert.equal(progressSaid(of('running', 1, 2, { judging: true })), '1 of 2 verdicts');
});

test('columns are as wide as their texts, within bounds', () => {
  assert.deepEqual(widthsOf(['a', 'b'], [{ values: ['x'.repeat(500), ''] }], 0), [260, 90]);
  assert.deepEqual(widthsOf(['a'], [], 320), [320]);
});

test('a cell says in words what its colour says', () => {
  assert.deepEqual(markOf({ state: 'fails', of: '' }), { sign: 'no', label: 'fails' });
  assert.equal(markOf({ state: 'passes', of: '2/3' }).label, '2/3 pass');
});

test('a check of another kind keeps what both have', () => {
  assert.deepEqual(usualCheck('number', { kind: 'equals', value: '{{a}}', ignore_case: true, negated: true }), { kind: 'number', value: '{{a}}', negated: true });
  assert.deepEqual(usualCheck('json', { value: 'x' }), { kind: 'json' });
  assert.deepEqual(usualCheck('equals'), { kind: 'equals', value: '{{expected}}' });
  const judge = usualCheck('judge', { kind: 'equals', value: '{{expected}}' });
  assert.match(judge.value, /\{\{answer\}\}$/);
  assert.deepEqual(usualCheck('judge', { kind: 'regex', value: 'Rate {{answer}}' }), { kind: 'judge', value: 'Rate {{answer}}' });
  assert.equal(usualCheck('equals', judge).value, '{{expected}}');
  assert.equal(typedField('least', { type: 'number', value: ' ' }), null);
  assert.equal(typedField('most', { type: 'number', value: '24' }), 24);
  assert.equal(typedField('negated', { type: 'checkbox', checked: true }), true);
});
