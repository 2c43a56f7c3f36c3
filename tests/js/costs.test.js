import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Frames, withCheapCopies } from '../../components/gradio_costs.js';

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
