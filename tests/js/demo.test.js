import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf } from '../../components/demo/demo_address.js';
import { DemoLanes } from '../../components/demo/demo_lanes.js';
import { nextOf } from '../../components/demo/demo_page.js';
import {
  isLoopback, isRight, looksLikeMarkdown, piecesOf, secondsInWords, sizeOf, statusInWords, timesInWords,
  verdictOf, whereInWords,
} from '../../components/demo/demo_words.js';
import { contentBox, shownBox } from '../../components/demo/seen_picture.js';

const done = (text, facts = {}) => ({ status: 'done', text, stop_reason: 'end_of_sequence', ...facts });

test('a right answer holds what is expected as words of its own', () => {
  assert.ok(isRight('The code is 9164.', '9164'));
  assert.ok(isRight(' March 8,\n 2024 ', 'March 8, 2024'));
  assert.ok(isRight('19164, no: 9164', '9164'));
  for (const wrong of ['19164', '91640', '9046', '']) assert.ok(!isRight(wrong, '9164'));
  assert.ok(!isRight('the sky is blue', 'BLUE'));
});

test('a verdict has words, and there is none where nobody can know', () => {
  assert.deepEqual(verdictOf(done('9164'), '9164', true), { right: true, words: 'Right' });
  assert.equal(verdictOf(done('34'), '9164', true).words, 'Wrong: the picture says 9164');
  assert.equal(verdictOf(done('34'), 'May', false).words, 'Wrong: it should say May');
  assert.equal(verdictOf(done('34'), '', true), null);
  assert.equal(verdictOf(done('9', { stop_reason: 'stopped' }), '9164', true), null);
  assert.equal(verdictOf({ status: 'streaming', text: '9' }, '9164', true), null);
});

test('a thought is no part of the answer, and a call is told in words', () => {
  const text = 'hmm 9164 Hello. <call>';
  const parts = [
    { kind: 'thought', start: 0, end: 8 }, { kind: 'text', start: 8, end: 16 },
    { kind: 'calls', start: 16, end: 22, calls: [{ name: 'get_weather', arguments: [['location', '"Paris"']] }] },
  ];
  assert.deepEqual(piecesOf({ text, parts }).map((piece) => piece.text),
    ['Hello.', 'The model asks for get_weather with location: "Paris"']);
  assert.equal(verdictOf(done(text, { parts }), '9164', false).right, false);
  assert.deepEqual(piecesOf({ prefill: '{"a": ', text: '1}' }), [{ kind: 'text', text: '{"a": 1}' }]);
  assert.deepEqual(piecesOf({}), []);
});

test('how a run goes, in words', () => {
  assert.equal(statusInWords(done('', { seconds: 0.419 })), '0.42 seconds');
  assert.equal(secondsInWords(12.34), '12.3 seconds');
  assert.equal(statusInWords({ status: 'queued', place: 2 }), 'Waiting for other answers, position 2');
  assert.match(statusInWords(done('', { seconds: 1, stop_reason: 'max_new_tokens' })), /^1.00 seconds, cut off/);
  assert.deepEqual([timesInWords(1), timesInWords(3)], ['', 'Asked three times, at the same time']);
  assert.deepEqual([sizeOf('a'), sizeOf('a'.repeat(100)), sizeOf('a'.repeat(300)), sizeOf('a'.repeat(900))],
    ['short', 'medium', 'long', 'longest']);
  assert.deepEqual(['**a**', '- a', '1. a', 'a * b - c'].map(looksLikeMarkdown), [true, true, true, false]);
});

test('the page says where the answers come from, and promises nothing of a server elsewhere', () => {
  const model = { model: 'pocket', scripted: false };
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) assert.ok(isLoopback(host));
  for (const host of ['192.168.1.7', 'localhost.example.org', '127.0.0.1.nip.io']) assert.ok(!isLoopback(host));
  assert.equal(whereInWords(model, 'localhost'), 'on this computer; nothing leaves it');
  assert.equal(whereInWords(model, '192.168.1.7'), 'on the server 192.168.1.7');
  assert.match(whereInWords({ ...model, scripted: true }, 'localhost'), /without a model/);
  assert.match(whereInWords({ model: '' }, 'localhost'), /not loaded/);
});

test('the address for other devices names the example, and the next one follows in a circle', () => {
  const here = { origin: 'http://10.0.0.2:7860', pathname: '/' };
  assert.equal(addressOf(here, 'small code'), 'http://10.0.0.2:7860/?demo=1&card=small+code');
  assert.equal(addressOf(here, ''), 'http://10.0.0.2:7860/?demo=1');
  const cards = ['a', 'b', 'c'].map((key) => ({ key }));
  assert.deepEqual(['a', 'c', '', 'x'].map((key) => nextOf(cards, key).key), ['b', 'a', 'a', 'a']);
  assert.equal(nextOf([], ''), undefined);
});

test('after another example was chosen, what still arrives of the run before is not shown', () => {
  const lanes = new DemoLanes();
  const take = (status) => lanes.take('A', { status, text: status }, false);
  take('done');
  assert.equal(lanes.of('A').value.text, 'done'); // after a reload
  take('streaming');
  lanes.leave();
  take('streaming');
  assert.equal(lanes.of('A'), null);
  take('done');
  assert.equal(lanes.of('A'), null);
  take('waiting');
  assert.equal(lanes.of('A').value.text, 'waiting');
  lanes.leave();
  take('done');
  assert.equal(lanes.of('A'), null);
  assert.equal(lanes.of('B'), null);
});

// A white picture of 10 x 10 with a black pixel in each of these places.
function pixels(...places) {
  const data = new Uint8ClampedArray(400).fill(255);
  for (const [x, y] of places) data.fill(0, 4 * (10 * y + x), 4 * (10 * y + x) + 3);
  return data;
}
test('what matters in a picture is shown large; a picture without margins, whole', () => {
  assert.deepEqual(contentBox(pixels([6, 6], [7, 6]), 10, 10), { x: 0.6, y: 0.6, width: 0.2, height: 0.1 });
  assert.deepEqual(contentBox(pixels(), 10, 10), { x: 0, y: 0, width: 1, height: 1 });
  const box = shownBox({ x: 0.9, y: 0.6, width: 0.1, height: 0.1 }, 1);
  assert.ok(Math.abs(box.width / box.height - 8 / 3) < 1e-9);
  assert.ok(box.x + box.width <= 1 && box.x <= 0.9 && box.y <= 0.6);
  assert.equal(shownBox({ x: 0, y: 0, width: 0.9, height: 0.6 }, 1).width, 1);
});
