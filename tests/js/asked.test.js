import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Asked, changesSince, inputsOf } from '../../components/answers/asked.js';
import { keptDrafts } from '../../components/drafts/workspace.js';

const KEPT = {
  preset: 'greedy', lanes: 2, temperature: 0, tools: '', lane_A: { preset: '', pinned: false },
  lane_B: { preset: 'creative' }, messages: [{ id: 'x', role: 'user', text: 'Hi', images: [] }],
};
const since = (kept, label = 'A') => changesSince(inputsOf(KEPT, label), inputsOf(kept, label));

test('what an answer was asked with is the messages, the settings and those of its own lane', () => {
  assert.deepEqual(since(KEPT), []);
  assert.deepEqual(since({ ...KEPT, temperature: 1, tools: '[]' }), ['temperature', 'the tools']);
  assert.deepEqual(since({ ...KEPT, messages: [] }), ['the messages']);
  assert.deepEqual(since({ ...KEPT, lane_B: {} }), []);
  assert.deepEqual(since({ ...KEPT, lane_B: {} }, 'B'), ['the settings of this lane']);
});

test('a preset without other values, a pin and a new id change nothing', () => {
  assert.deepEqual(since({ ...KEPT, preset: '', lane_A: { preset: '', pinned: true } }), []);
  assert.deepEqual(since({ ...KEPT, messages: [{ ...KEPT.messages[0], id: 'y' }] }), []);
});

test('an answer of a saved version is compared with what the version wrote, and tells what it knew', () => {
  const asked = new Asked('A');
  keptDrafts.mine = { kept: { ...KEPT, temperature: 9 } };
  asked.restore({ at: '2026-01-31T12:00:00+00:00', changes: ['Message 2 edited'] });
  assert.deepEqual(asked.changes(), ['Message 2 edited']);
  asked.takeInputs(KEPT);
  keptDrafts.mine = { kept: KEPT };
  assert.deepEqual(asked.changes(), ['Message 2 edited']);
  keptDrafts.mine = { kept: { ...KEPT, temperature: 9 } };
  asked.takeInputs(keptDrafts.mine.kept);
  assert.deepEqual(asked.changes(), ['Message 2 edited', 'temperature']);
  assert.match(asked.time, /2026/);
  asked.restore({ at: '', changes: [] });
  assert.equal(asked.time, '');
});

test('an answer that is complete when it is first drawn was asked for if Run was just pressed', () => {
  const asked = new Asked('A');
  keptDrafts.mine = { kept: KEPT };
  assert.equal(asked.isRequested, false);
  asked.request();
  assert.equal(asked.isRequested, true);
  asked.begin();
  keptDrafts.mine = { kept: { ...KEPT, messages: [] } };
  assert.deepEqual(asked.changes(), ['the messages']);
  asked.request();
  asked.requestedAt -= 60_000; // refused, and long ago
  assert.equal(asked.isRequested, false);
});

test('a branch is asked for with what the answer before it was asked with', () => {
  const asked = new Asked('A');
  keptDrafts.mine = { kept: KEPT };
  asked.begin();
  keptDrafts.mine = { kept: { ...KEPT, messages: [] } };
  asked.goOn();
  asked.begin();
  assert.deepEqual(asked.changes(), ['the messages']);
  asked.goOn();
  asked.request();
  asked.begin();
  assert.deepEqual(asked.changes(), []);
});
