import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, figure } from '../../components/dom.js';
import { faultsOf, withNumber } from '../../components/lanes/lane_editor.js';
import { rowsOf, typedValue, withOption } from '../../components/models/template_options.js';
import { grouped } from '../../components/prompt/prompt_groups.js';
import { figuresOf, scoredTokens, sumsOf } from '../../components/prompt/prompt_surprise.js';
import { promptsOf, shownState, shownText, tokenTitle } from '../../components/prompt/prompt_view.js';
import { folded, titleOf } from '../../components/sessions/session_diff.js';
import { countOf, size } from '../../components/sessions/session_list.js';
import { withTool } from '../../components/tools/tools_editor.js';

test('numbers and their words', () => {
  assert.deepEqual([counted(1, 'token'), counted(1200, 'token')], ['1 token', '1,200 tokens']);
  assert.equal(figure(1234567), '1,234,567');
  assert.deepEqual([size(1), size(1499), size(2_500_000)], ['1 kB', '1 kB', '2.5 MB']);
});

test('messages of a comparison that are as before become their number', () => {
  const [same, added] = [{ kind: 'same' }, { kind: 'added' }];
  assert.deepEqual(folded([same, same, added, same]), [2, added, 1]);
  assert.deepEqual(folded([]), []);
});

test('a message of a comparison says where it stands and what became of it', () => {
  const change = { role: 'user', places: [1, 2], kind: 'removed' };
  assert.equal(titleOf(change), '1 user, removed');
  assert.equal(titleOf({ ...change, kind: 'added' }), '2 user, added');
  assert.equal(titleOf({ ...change, kind: 'changed', old_role: 'system' }), '2 system → user, changed');
});

test('how many sessions are shown', () => {
  assert.equal(countOf({ query: 'a', found: 1, total: 3 }), '1 of 3');
  assert.equal(countOf({ query: '', found: 3, total: 3 }), '3 sessions');
  assert.equal(countOf({ query: '', found: 0, total: 0 }), '');
});

test('equal image tokens in a row are drawn once; others never are', () => {
  const [image, text] = [{ kind: 'image', id: 7, text: '<image>' }, { kind: 'text', id: 1, text: 'a\n' }];
  const groups = grouped([text, text, image, image, image]);
  assert.deepEqual(groups.map(({ count }) => count), [1, 1, 3]);
  assert.equal(shownText(groups[2], 'text'), '<image> × 3');
  assert.equal(shownText(groups[2], 'ids'), '7 × 3 ');
  assert.equal(shownText(groups[0], 'text'), 'a⏎\n');
});

const PROMPT = [
  { text: '<s>', id: 1, kind: 'special', place: null }, { text: ' a', id: 2, kind: 'plain', place: 1 },
  { text: '<image>', id: 7, kind: 'image', place: 1 }, { text: '<image>', id: 7, kind: 'image', place: 1 },
  { text: 'b', id: 3, kind: 'plain', place: 1 },
];
const FOUND = {
  key: 'k', model: 'm', logprobs: [null, -Math.LN2, null, null, -3 * Math.LN2], ranks: [null, 1, null, null, 1200],
};

test('each token of a prompt has its own bits, and what has none says why', () => {
  const tokens = scoredTokens(PROMPT, FOUND);
  assert.deepEqual(tokens.map(({ text }) => text), ['<s>', ' a', '<image>×2', 'b']);
  assert.deepEqual(tokens.map(figuresOf), [
    'not scored: nothing comes before it', '1.00 bits · rank 1', 'not scored: part of an image', '3.00 bits · rank 1,200',
  ]);
  assert.equal(sumsOf(FOUND), '2 tokens scored by m: 4 bits total, 2.00 bits per token, perplexity 4.00');
  assert.match(sumsOf({ model: 'm', logprobs: [null] }), /No token was scored/);
});

test('values are shown for their own prompt only', () => {
  const of = (key, state) => shownState({ key }, { view: 'surprise', found: FOUND, isScoring: false, ...state });
  assert.deepEqual([of('k').shown, of('other').shown, of('').shown], ['surprise', 'text', 'text']);
  assert.equal(of('k', { view: 'ids' }).shown, 'ids');
  assert.match(of('other').said, /has changed/);
  assert.match(of('other', { isScoring: true }).said, /reads the prompt/);
  const refused = of('k', { found: { key: 'k', error: 'Why.' }, view: 'text' });
  assert.deepEqual(refused, { shown: 'text', said: 'Why.', sums: '' });
});

test('a lane changes a number, or leaves it as it is', () => {
  const lane = { sampling: { top_k: 5 }, images: {} };
  assert.deepEqual(withNumber(lane, 'sampling', 'top_p', '0.5').sampling, { top_k: 5, top_p: 0.5 });
  assert.deepEqual(withNumber(lane, 'sampling', 'top_k', '').sampling, {});
});

test('an example joins the tools, once, and only a list that can be read', () => {
  const example = { name: 'get_weather' };
  assert.deepEqual(JSON.parse(withTool('', example).text), [example]);
  assert.deepEqual(JSON.parse(withTool('[{"name": "a"}]', example).text), [{ name: 'a' }, example]);
  assert.match(withTool('[{"function": {"name": "get_weather"}}]', example).refusal, /already/);
  for (const bad of ['{', '{}', '1']) assert.match(withTool(bad, example).refusal, /first/);
});

test("a lane's own value that would be refused has its limits said", () => {
  const fields = [
    { name: 'temperature', label: 'Temperature', minimum: 0, maximum: 2, step: 0.05 },
    { name: 'top_k', label: 'Top-k', minimum: 0, maximum: 200, step: 1 },
  ];
  assert.deepEqual(faultsOf({ temperature: 0.07, top_k: 5 }, fields), []);
  assert.deepEqual(faultsOf({ temperature: 99, top_k: 0.7 }, fields),
    ['Temperature 99: must be 0 to 2', 'Top-k 0.7: must be a whole number']);
});

test('options that no template reads are shown after the others', () => {
  const options = [{ name: 'enable_thinking', kind: 'boolean' }];
  assert.deepEqual(rowsOf(options, {}), options);
  assert.deepEqual(rowsOf(options, { old: 1, enable_thinking: true }),
    [...options, { name: 'old', kind: 'unread' }]);
});

test('an option is set, or goes back to the default of the template', () => {
  assert.deepEqual(withOption({ a: 1 }, 'b', false), { a: 1, b: false });
  assert.deepEqual(withOption({ a: 1, b: false }, 'b', undefined), { a: 1 });
  assert.deepEqual(['', 'high', ' '].map((text) => typedValue('text', text)), [undefined, 'high', ' ']);
  assert.deepEqual(['', '0.5', '-3', 'many'].map((text) => typedValue('number', text)),
    [undefined, 0.5, -3, 'many']);
});

test('the prompt of the model in use comes first, and places are said only where they are known', () => {
  assert.deepEqual(promptsOf({ model: 'a', others: [{ model: 'b' }] }).map((one) => one.model), ['a', 'b']);
  assert.deepEqual(promptsOf(undefined), [{}]);
  assert.deepEqual(
    [tokenTitle({ id: 7, place: 2 }, true), tokenTitle({ id: 7, place: null }, true), tokenTitle({ id: 7, place: null }, false)],
    ['id 7 · message 2', 'id 7 · template', 'id 7'],
  );
});
