import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelsOf, lookOf, moreWords } from '../../components/answers/answer_tree.js';

const rows = (...depths) => depths.map((depth) => ({ depth, name: '', value: '', type: 'text' }));

test('a tree is shown once it is there and wanted, unless the person chose otherwise', () => {
  const tree = { rows: [], more: 0 };
  assert.equal(lookOf({ tree: null, tree_first: false }, 'tree'), 'text');
  assert.equal(lookOf({ tree, tree_first: true }, ''), 'tree');
  assert.equal(lookOf({ tree, tree_first: true }, 'text'), 'text');
  assert.equal(lookOf({ tree, tree_first: false }, ''), 'text');
  assert.equal(lookOf({ tree, tree_first: false }, 'tree'), 'tree');
  assert.equal(lookOf({}, ''), 'text');
});

test('a row stands in the list of its depth, and never in one that nobody opened', () => {
  assert.deepEqual(levelsOf(rows(0, 1, 2, 1, 0)), [0, 1, 2, 1, 0]);
  assert.deepEqual(levelsOf(rows(3, 9, 1)), [0, 1, 1]);
  assert.deepEqual(levelsOf(rows(...Array(30).keys())).slice(10, 15), [10, 11, 12, 12, 12]);
});

test('how many values a button shows, and of how many', () => {
  const tree = { rows: rows(...Array(1234).fill(0)) };
  assert.equal(moreWords(tree, 200), 'Show 200 of 1,034 more values');
  assert.equal(moreWords(tree, 1200), 'Show 34 of 34 more values');
  assert.equal(moreWords(tree, 1234), '');
});
