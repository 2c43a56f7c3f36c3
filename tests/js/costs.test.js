import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frames, unwatch, withCheapCopies } from '../../components/gradio_costs.js';

const real = globalThis.structuredClone;
const VALUES = [0, -0, NaN, 1n, '', 'text', true, null, undefined, {}, [1, { a: 'b' }], new Date(5), new Map([[1, 2]])];

test('a copy is what structuredClone makes, and objects are other objects', () => {
  const clone = withCheapCopies(real);
  for (const value of VALUES) {
    assert.deepEqual(clone(value), real(value));
    if (value instanceof Object) assert.notEqual(clone(value), value);
  }
  const buffer = new ArrayBuffer(4);
  clone(buffer, { transfer: [buffer] });
  assert.equal(buffer.byteLength, 0);
});

test('what can not be copied is refused as structuredClone refuses it', () => {
  for (const value of [() => {}, Symbol('s'), { f() {} }]) {
    assert.throws(() => real(value), { name: 'DataCloneError' });
    assert.throws(() => withCheapCopies(real)(value), { name: 'DataCloneError' });
  }
});

test('a list that is not watched holds the same, and is of no class that Svelte would wrap', () => {
  const listeners = [{ id: 1, targets: [[2, 'click']] }, { id: 3, targets: [] }];
  unwatch(listeners);
  assert.ok(Array.isArray(listeners));
  assert.notEqual(Object.getPrototypeOf(listeners), Array.prototype);
  assert.deepEqual([...listeners.map(({ id }) => id)], [1, 3]);
  assert.equal(JSON.stringify(listeners), '[{"id":1,"targets":[[2,"click"]]},{"id":3,"targets":[]}]');
  unwatch(undefined); // a page without a configuration stays as it is
});

test("the loader's clock stops once, and all other frames are given", () => {
  const given = [];
  const frames = new Frames((callback) => given.push(callback));
  const statustracker = () => frames.request('clock'); // the name of the file it comes from, in the stack
  statustracker();
  frames.stop();
  frames.request('drawing');
  assert.equal(statustracker(), 0);
  statustracker();
  assert.deepEqual(given, ['clock', 'drawing', 'clock']);
});
