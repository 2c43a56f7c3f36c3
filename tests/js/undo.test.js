import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { UndoSteps } from '../../components/drafts/undo_steps.js';

const row = (text, id = 'm1', role = 'user') => ({ id, role, text, images: [] });
const state = (text, facts = {}) => ({ messages: [row(text)], temperature: 1, ...facts });

test('a step back and forth gives the same values', () => {
  const steps = new UndoSteps();
  steps.record(state('a'), false);
  steps.record(state('b'), false);
  assert.deepEqual(steps.back(state('b')), state('a'));
  assert.deepEqual(steps.forth(state('a')), state('b'));
  assert.equal(steps.forth(state('b')), null);
});

test('what is typed in one place without a pause is one step', () => {
  const steps = new UndoSteps();
  steps.record(state(''), false);
  for (const text of ['H', 'Hi', 'Hi!']) steps.record(state(text), true);
  assert.deepEqual(steps.back(state('Hi!')), state(''));
});

test('a pause or another place begins a step', () => {
  mock.timers.enable({ apis: ['Date'] });
  const steps = new UndoSteps();
  steps.record(state(''), false);
  steps.record(state('a'), true);
  mock.timers.tick(UndoSteps.PAUSE_MS);
  steps.record(state('ab'), true);
  steps.record(state('ab', { temperature: 2 }), true);
  assert.equal(steps.past.length, 3);
  mock.timers.reset();
});

test('another role is no typing', () => {
  const steps = new UndoSteps();
  steps.record(state('a'), false);
  steps.record({ ...state('a'), messages: [row('a', 'm1', 'system')] }, true);
  steps.record({ ...state('a'), messages: [row('a', 'm1', 'tool')] }, true);
  assert.equal(steps.past.length, 2);
});

test('an edit that was not recorded yet is a step of its own', () => {
  const steps = new UndoSteps();
  steps.record(state('a'), false);
  assert.deepEqual(steps.back(state('b')), state('a'));
  assert.deepEqual(steps.forth(state('a')), state('b'));
});

test('a new edit forgets what was undone', () => {
  const steps = new UndoSteps();
  for (const text of ['a', 'b']) steps.record(state(text), false);
  steps.back(state('b'));
  steps.record(state('c'), false);
  assert.equal(steps.forth(state('c')), null);
});

test('the number of steps and their size are bounded', () => {
  const steps = new UndoSteps();
  for (let at = 0; at <= UndoSteps.MOST_STEPS + 10; at += 1) steps.record(state(`${at}`), false);
  assert.equal(steps.past.length, UndoSteps.MOST_STEPS);
  const large = new UndoSteps();
  for (let at = 0; at < 8; at += 1) large.record(state(`${at}`.repeat(3_000_000)), false);
  assert.equal(large.past.length, 3);
});

test('the page hears of each change', () => {
  const steps = new UndoSteps();
  let heard = 0;
  steps.changed = () => { heard += 1; };
  steps.record(state('a'), false);
  steps.record(state('a'), false);
  assert.equal(heard, 1);
});
