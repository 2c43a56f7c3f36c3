import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differenceOf, rowsOf, sumOf } from '../../components/tokens/branch_tree.js';
import { drawSentence, drawsOf, leftWords, sentenceOf } from '../../components/tokens/microscope_words.js';
import { leadingIds, preparedPlace, probabilityOf, samplerSteps } from '../../components/tokens/sampler_chain.js';
import {
  COLOURINGS, bytesOf, chunkEnds, flowing, levelOf, perCent, percent, tokensOf, visible,
} from '../../components/tokens/token_data.js';
import { refusalOf } from '../../components/tokens/token_card.js';
import { distanceWords, linePoints, thinned } from '../../components/tokens/token_line.js';
import { placeOnLine } from '../../components/tokens/token_stream.js';

const NAMES = ['repetition_penalty', 'temperature', 'top_k', 'top_p', 'min_p', 'typical_p'];
const OFF = { repetition_penalty: 1, temperature: 1, top_k: 0, top_p: 1, min_p: 0, typical_p: 1 };
const VALUE = {
  ids: [5, 7], texts: [' a', '\n'], logprobs: [Math.log(0.5), null], ranks: [1, null], entropies: [Math.LN2, null],
  cumulative: [0.5, null], given: 1, words: { 5: ' a', 6: ' b' }, removers: ['', 'top_p'],
  candidates: { counts: [2, 0], ids: [5, 6], logprobs: [Math.log(0.5), Math.log(0.25)], probabilities: [1, 0], removed: [0, 1] },
};
const steps = (params, logits = [4, 3, 2, 1, 0], seen = [0]) =>
  samplerSteps(preparedPlace(Float32Array.from(logits), seen), { ...OFF, ...params }, NAMES);

test('lists become tokens, and what is not told is null', () => {
  const [one, other] = tokensOf(VALUE);
  assert.deepEqual([one.isGiven, other.isGiven], [true, false]);
  assert.deepEqual(one.candidates.map(({ text, removedBy }) => [text, removedBy]), [[' a', ''], [' b', 'top_p']]);
  assert.deepEqual([one.before, one.after, other.before, other.after], [0.5, 1, null, null]);
  assert.deepEqual(COLOURINGS.map((colouring) => levelOf(colouring, one)), [1, 1, 1, 0, 4]);
  assert.deepEqual(COLOURINGS.map((colouring) => levelOf(colouring, other)), [0, 0, 0, 0, 0]);
});

test('a candidate that no branch can begin with says why', () => {
  const [one] = tokensOf({ ...VALUE, ends: [6] });
  assert.deepEqual(one.candidates.map(({ isEnd }) => isEnd), [false, true]);
  assert.match(refusalOf(one.candidates[1]), /ends the answer/);
  assert.match(refusalOf({ removedBy: 'constraint' }), /no branch/);
  assert.equal(refusalOf(one.candidates[0]), '');
});

test('white space and nothing can be seen, control tokens are as they are', () => {
  assert.deepEqual(['', ' a b', '\n\t', '<|im_end|>'].map(visible), ['∅', '·a·b', '⏎⇥', '<|im_end|>']);
  assert.deepEqual(flowing('  a\n'), { isSpaced: true, rest: '·a⏎\n' });
});

test('small shares are never shown as none', () => {
  assert.deepEqual([0, 0.00001, 0.0768, 1].map((share) => percent(share)), ['0%', '< 0.01%', '7.68%', '100%']);
  assert.deepEqual([0, 0.0001, 0.5].map(perCent), ['0.0', '<0.1', '50.0']);
  assert.deepEqual([0, 0.0001, 0.077, 1].map(drawsOf), ['0', '< 1', '77', '1,000']);
});

test('chunks end at line breaks, or where they are full', () => {
  const all = Array.from({ length: 1000 }, (_, place) => ({ text: place === 199 ? '\n' : 'x' }));
  assert.deepEqual(chunkEnds(all), [200, 600, 1000]);
  assert.deepEqual(chunkEnds([]), []);
});

test('up and down go to the nearest token of the next line', () => {
  const rects = [[0, 0, 30], [0, 30, 60], [32, 0, 20], [32, 20, 70], [64, 0, 10]]
    .map(([top, left, right]) => ({ top, left, right }));
  const go = (at, direction) => placeOnLine((place) => rects[place], at, direction, rects.length - 1);
  assert.deepEqual([go(1, 1), go(3, -1), go(0, -1), go(3, 1), go(4, 1)], [3, 1, 0, 4, 4]);
});

test('the line has its highest values even where tokens are many', () => {
  assert.deepEqual(linePoints([0, 4, null], 4).map(([x]) => x), [0, 500, 1000]);
  const many = Array.from({ length: 8000 }, (_, place) => (place === 4321 ? 9 : 1));
  assert.equal(thinned(many).length, 1500);
  assert.equal(Math.max(...thinned(many)), 9);
  assert.match(distanceWords({ lane: 'B', values: [0.25] }, 0), /25% different from B, over the top 20/);
  assert.match(distanceWords({ lane: 'B', values: [0.25] }, 1), /after the divergence/);
});

test('a place that is recomputed says what each step leaves and removes', () => {
  const all = steps({ top_k: 3, min_p: 0.3 });
  assert.deepEqual(all.map(({ ids }) => ids.length), [5, 5, 5, 3, 3, 2, 2]);
  assert.equal(leftWords(all[5], all[4]), `tokens left · ${percent(all[5].removed)} removed`);
  assert.equal(probabilityOf(all[6], 4), null);
  assert.equal(probabilityOf(all[6], 0) + probabilityOf(all[6], 1), 1);
  assert.deepEqual(leadingIds(all, 4, 2), [0, 4]);
  assert.deepEqual(leadingIds(steps({ repetition_penalty: 2 }), 1, 3), [1, 0, 2]);
});

test('only what a constraint allows is left, before the temperature', () => {
  const place = preparedPlace(Float32Array.from([3, 2, 1]), [], Uint8Array.from([0, 1]));
  const all = samplerSteps(place, { ...OFF, temperature: 0 }, NAMES);
  assert.deepEqual(all.map(({ name }) => name).slice(0, 4), ['model', 'repetition_penalty', 'constraint', 'temperature']);
  assert.deepEqual(Array.from(all.at(-1).ids), [1]);
  assert.ok(all.at(-1).isIdle);
});

test('each step has one sentence, on, off and idle', () => {
  const [model, penalty, temperature, , , minP] = steps({ repetition_penalty: 1.2, min_p: 0.1 });
  assert.match(sentenceOf(model), /expects next/);
  assert.match(sentenceOf(penalty, 1.2, ['·a']), /less likely, such as “·a”\./);
  assert.match(sentenceOf(temperature, 0), /likeliest/);
  assert.match(sentenceOf(minP, 0.1), /less than 10% as likely/);
  assert.match(sentenceOf(steps({ temperature: 0 }).at(-1), 1), /Not used at temperature 0/);
  assert.match(drawSentence({ text: 'a', seed: 7, isLanes: true }), /^Seed 7 drew “a” here\./);
  assert.match(drawSentence({ text: 'a', seed: 7, isLanes: false }), /^With these values, 1,000/);
});

test('bytes come back from base64', () => {
  assert.deepEqual(new Float32Array(bytesOf(btoa('\x00\x00\x80?')).buffer), Float32Array.of(1));
});

const branch = (run, parent, place) => ({ run, parent, place, text: ` ${run}`, tokens: 9 });

test('branches hang from the answer that they begin most like, and from the next one above without it', () => {
  const all = [branch(1, null, 0), branch(2, 1, 5), branch(3, 1, 2), branch(4, 2, 7)];
  const shape = (removed) => rowsOf(all, new Set(removed)).map(({ run, depth }) => [run, depth]);
  assert.deepEqual(shape([]), [[1, 0], [2, 1], [4, 2], [3, 1]]);
  assert.deepEqual(shape([2]), [[1, 0], [3, 1], [4, 1]]);
  assert.deepEqual(shape([1]), [[2, 0], [4, 1], [3, 0]]);
});

test('a branch is named by its first different token', () => {
  assert.deepEqual(differenceOf(branch(1, null, 0)), { at: '', words: '1' });
  assert.deepEqual(differenceOf(branch(2, 1, 5)), { at: '6', words: '2' });
  assert.deepEqual(differenceOf({ ...branch(2, 1, 9), text: '' }), { at: '=', words: 'ends here' });
  assert.deepEqual([-12.345, -0.001, null].map(sumOf), ['−12.35', '0.00', '?']);
});
