import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fitted, widthIn } from '../../components/shell.js';

const at = (width, lanes, chosen) => Object.values(fitted({ width, lanes, chosen })).join(' ');

test('what gives way for lanes: the messages, then the sidebar, then the single row', () => {
  assert.equal(at(1440, 1), 'open open one');
  assert.equal(at(1440, 2), 'open open one');
  assert.equal(at(1440, 3), 'strip open one');
  assert.equal(at(1440, 4), 'strip rail one');
  assert.equal(at(1920, 4), 'strip open one');
  assert.equal(at(1280, 3), 'strip open one');
  assert.equal(at(1280, 4), 'strip rail two');
  assert.equal(at(1100, 1), 'open rail one');
});

test('what a person opened stands, and the lanes take two rows', () => {
  assert.equal(at(1440, 4, { messages: 'open', side: 'open' }), 'open open two');
  assert.equal(at(1440, 1, { side: 'rail' }), 'open rail one');
  assert.equal(at(1440, 2, { messages: 'open', side: 'open', width: 720 }), 'open open one');
});

test('the messages are neither too narrow nor too wide', () => {
  assert.deepEqual([100, 400.4, 5000].map(widthIn), [320, 400, 720]);
});
