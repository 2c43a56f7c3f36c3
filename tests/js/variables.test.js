import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingOf, missingSaid, withValue } from '../../components/variables/variable_fields.js';
import { piecesOf } from '../../components/variables/variable_marks.js';

test('variables of a text are marked, and all of it is kept', () => {
  const text = 'a {{b}} {{ c.d }} {"e": {{"f": 1}}} {{ "{{" }} {{é}}';
  const pieces = piecesOf(text);
  assert.equal(pieces.map((piece) => piece.text).join(''), text);
  assert.deepEqual(pieces.flatMap(({ name }) => name ?? []), ['b', 'c.d', 'é']);
});

test('values that are missing are named', () => {
  assert.deepEqual(missingOf(['a', 'b'], { a: 'x', b: '' }), ['b']);
  assert.equal(missingSaid([]), '');
  assert.equal(missingSaid(['a']), 'A run needs a value for a.');
  assert.equal(missingSaid(['a', 'b']), 'A run needs values for a, b.');
});

test('a value stays when its variable is gone, while there is room', () => {
  const room = { found: { names: ['b'] }, most: 2 };
  assert.deepEqual(withValue({ a: '1' }, 'b', '2', room), { a: '1', b: '2' });
  assert.deepEqual(withValue({ a: '1', c: '3' }, 'b', '2', room), { b: '2' });
  assert.deepEqual(withValue({ b: '2' }, 'b', '', room), {});
});
