import assert from 'node:assert/strict';
import { test } from 'node:test';

import { indexAfter } from '../../components/arrow_keys.js';

test('arrows go round, Home and End to the ends, other keys nowhere', () => {
  assert.equal(indexAfter('ArrowRight', 2, 3), 0);
  assert.equal(indexAfter('ArrowLeft', 0, 3), 2);
  assert.equal(indexAfter('ArrowDown', 0, 3), 1);
  assert.equal(indexAfter('End', 0, 3), 2);
  assert.equal(indexAfter('Home', 2, 3), 0);
  assert.equal(indexAfter('Tab', 1, 3), null);
});
