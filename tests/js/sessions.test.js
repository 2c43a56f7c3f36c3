import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnsavedEdits, digestOf } from '../../components/sessions/unsaved_edits.js';

const KEPT = {
  temperature: 0.3, seed: null, tools: '', lane_A: { preset: '', pinned: false },
  messages: [{ id: 'x', role: 'user', text: 'Hi', images: [{ path: '/a', url: '1' }] }],
};
const changed = (facts) => ({ ...KEPT, ...facts });
const saidBy = (text) => [{ ...KEPT.messages[0], text }];

test('equal pages have the same digest: ids, addresses, empty values and the order do not count', () => {
  const other = {
    messages: [{ images: [{ path: '/a', url: '2' }], text: 'Hi', role: 'user', id: 'y' }],
    lane_A: {}, lane_B: null, temperature: 0.3,
  };
  assert.equal(digestOf(KEPT), digestOf(other));
  for (const facts of [{ temperature: 0 }, { messages: saidBy('Ho') }, { lane_A: { pinned: true } }]) {
    assert.notEqual(digestOf(KEPT), digestOf(changed(facts)));
  }
});

test('an edit after a save is found until it is undone or saved', () => {
  let kept = KEPT;
  const edits = new UnsavedEdits(() => kept);
  assert.equal(edits.found, false);
  const saving = edits.begin();
  kept = changed({ temperature: 1 }); // typed while the server saves
  edits.follow({ key: 'a', number: 1, saving });
  assert.equal(edits.found, true);
  kept = KEPT;
  assert.equal(edits.found, false);
  kept = changed({ messages: saidBy('Ho') });
  edits.follow({ key: 'a', number: 1, saving: edits.begin() }); // the server found no changes
  assert.equal(edits.found, false);
  edits.follow({ key: '', number: 0 });
  kept = KEPT;
  assert.equal(edits.found, false);
});

test('an opened version counts as saved when its values are written, and a new name changes nothing', () => {
  let kept = KEPT;
  const edits = new UnsavedEdits(() => kept);
  edits.follow({ key: 'a', number: 2 });
  assert.equal(edits.found, false);
  kept = changed({ temperature: 1 });
  edits.wrote(kept);
  assert.equal(edits.found, false);
  edits.wrote(kept); // a preset, for example
  kept = KEPT;
  edits.wrote(kept);
  edits.follow({ key: 'a', number: 2, name: 'new' });
  assert.equal(edits.found, true);
});

test('a reload remembers what was saved, and an older browser storage knows nothing', () => {
  const edits = new UnsavedEdits(() => KEPT);
  assert.deepEqual(edits.recall({ key: 'a', name: 'A', number: 1, digest: digestOf(changed({ seed: 4 })) }),
    { key: 'a', name: 'A', number: 1 });
  assert.equal(edits.found, true);
  edits.recall({ key: 'a', name: 'A', number: 1 });
  assert.equal(edits.found, false);
  assert.equal(edits.recall(null), null);
});
