import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstToClose } from '../../components/escape_key.js';
import { LiveInputs } from '../../components/live_inputs.js';
import { Questions } from '../../components/questions.js';

const shown = { isConnected: true };

test('what was typed takes the place of what Gradio has', () => {
  const inputs = new LiveInputs();
  inputs.offer('messages', shown, () => 'typed');
  assert.deepEqual(inputs.values(['messages', ''], ['stored', 1]), ['typed', 1]);
});

test('a second event of the same task gets what the first one was given', async () => {
  const inputs = new LiveInputs();
  let typed = 'typed';
  inputs.offer('messages', shown, (stored) => {
    const now = typed ?? stored;
    typed = null;
    return now;
  });
  assert.equal(inputs.value('messages', 'stored'), 'typed');
  assert.equal(inputs.value('messages', 'stored'), 'typed');
  await new Promise((done) => { setTimeout(done, 1); });
  assert.equal(inputs.value('messages', 'stored'), 'stored');
});

test('a component that is not on the page is not asked', () => {
  const inputs = new LiveInputs();
  inputs.offer('tools', { isConnected: false }, () => assert.fail('asked'));
  assert.equal(inputs.value('tools', 'stored'), 'stored');
  inputs.offer('tools', shown, () => 'shown again');
  assert.equal(inputs.value('tools', 'stored'), 'shown again');
});

test('leaving the page asks every component', () => {
  const inputs = new LiveInputs();
  const asked = [];
  for (const name of ['a', 'b']) inputs.offer(name, shown, (stored) => asked.push(name) && stored);
  inputs.handOver();
  assert.deepEqual(asked, ['a', 'b']);
});

test('Esc closes what holds the caret, else what was opened last', () => {
  const open = ['first', 'second', 'third'].map((name) => ({ name, node: { contains: (at) => at === name } }));
  assert.equal(firstToClose(open, 'second').name, 'second');
  assert.equal(firstToClose(open, 'elsewhere').name, 'third');
  assert.equal(firstToClose([], 'elsewhere'), undefined);
});

test('an answer to an older question does not replace a newer one', () => {
  const questions = new Questions();
  const [first, second] = [questions.next({ lane: 'A' }), questions.next()];
  assert.deepEqual(first, { lane: 'A', question: 1 });
  assert.ok(questions.takes(second) && questions.isLatest(second));
  assert.ok(!questions.takes(first));
  assert.ok(questions.takes(second)); // drawn again
});

test('answers before the latest are shown as they come', () => {
  const questions = new Questions();
  const [first, second] = [questions.next(), questions.next()];
  assert.ok(questions.takes(first) && !questions.isLatest(first));
  assert.ok(questions.takes(second));
});

test('a component that is shown again goes on counting', () => {
  const questions = new Questions({ question: 7 });
  assert.equal(questions.next().question, 8);
  assert.ok(!questions.takes({ question: 6 }) && !questions.takes(null));
});
