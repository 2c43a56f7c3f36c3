import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitted } from '../../components/shell.js';
import {
  NEW, changedRange, formatted, offsetOf, painted, placeOf, stateOf, valueOf,
} from '../../components/structured/constraint_text.js';
import { OPTIONS, ownOf, textOf, withText } from '../../components/structured/own_constraint.js';
import { choicesOf } from '../../components/tools/tool_choice.js';

test('what is typed for one kind is kept while another one is set', () => {
  let state = stateOf({ kind: 'json_schema', text: '{}' });
  state = { ...state, kind: 'choices', texts: { ...state.texts, choices: 'a\n\nb ' } };
  const value = valueOf(state);
  assert.deepEqual([value.choices, value.text], [['a', 'b '], '']);
  assert.deepEqual(stateOf(value, state), state); // with the empty line that is being typed
  assert.deepEqual(stateOf({ kind: 'none' }, state).texts, state.texts); // as an act of the server does
  assert.equal(valueOf({ ...state, kind: 'json_schema' }).text, '{}');
});
test('choices that come with a workspace are lines; a line that is being typed stays', () => {
  assert.equal(stateOf({ kind: 'choices', choices: ['a', 'b'] }).texts.choices, 'a\nb');
  const typing = { ...NEW, kind: 'choices', texts: { choices: 'a\n' } };
  assert.equal(stateOf({ kind: 'choices', choices: ['a'] }, typing).texts.choices, 'a\n');
});

test('the pieces add up to the text, whatever it is', () => {
  for (const text of ['{"a": "b\\"c", "d": -1.5e3, "x": tru', '"open', '', '{\n"a\n": null}', '\\"']) {
    for (const kind of ['json_schema', 'grammar', 'regex']) {
      assert.equal(painted(text, kind).map(([, piece]) => piece).join(''), text);
    }
  }
});
test('what a key changes is a few pieces', () => {
  const pieces = (text) => painted(text, 'json_schema');
  const [start, end] = changedRange(pieces('{"a": 1, "b": 2, "c": 3}'), pieces('{"a": 1, "b": 25, "c": 3}'));
  assert.deepEqual(pieces('{"a": 1, "b": 25, "c": 3}').slice(start, -end), [['number', '25']]);
  assert.deepEqual(changedRange([], [['', 'a']]), [0, 0]);
  assert.deepEqual(changedRange([['', 'a'], ['', 'a']], [['', 'a']]), [1, 0]);
});
test('names, texts and numbers have their colours', () => {
  const named = painted('{"a": "b", "c": 1}', 'json_schema').filter(([name]) => name);
  assert.deepEqual(named, [['name', '"a"'], ['string', '"b"'], ['name', '"c"'], ['number', '1']]);
  const lark = painted('start: "a" // x\nb: /c/', 'grammar').filter(([name]) => name);
  assert.deepEqual(lark, [['name', 'start'], ['string', '"a"'], ['comment', '// x'], ['name', 'b']]);
});

test('formatting changes white space only', () => {
  const text = '{"10":{"type":"integer","maximum":12345678901234567890},"2":[],"s":" { , : ","l":["a","b"],"o":{"p":{}}}';
  const shown = formatted(text);
  assert.equal(shown.replace(/\s+/g, ''), text.replace(/\s+/g, ''));
  assert.ok(shown.includes('\n  "10": { "type": "integer", "maximum": 12345678901234567890 },\n'));
  assert.ok(shown.includes('  "l": ["a", "b"],'));
  assert.equal(formatted(shown), shown);
  assert.deepEqual([formatted('{"a":'), formatted('')], [null, null]);
  assert.equal(formatted('['.repeat(100_000) + ']'.repeat(100_000)), null);
});

test('an error leads to its place', () => {
  const place = placeOf("The JSON schema can't be read at line 2, column 3: x");
  assert.deepEqual(place, { line: 2, column: 3 });
  assert.equal(offsetOf('{\n  "a"', place), 4);
  assert.equal(placeOf('empty'), null);
});

test('an own constraint of a lane begins with what is typed for its kind', () => {
  assert.equal(ownOf('', {}), null);
  const own = ownOf('choices', { choices: 'a\nb' });
  assert.deepEqual(own.choices, ['a', 'b']);
  assert.equal(textOf(withText(own, 'c\nd\n')), 'c\nd');
  assert.equal(textOf(withText(ownOf('regex'), 'x+')), 'x+');
});
test('a chosen tool that is gone stays to be seen', () => {
  const labels = choicesOf(['look'], 'find').map(([, label]) => label);
  assert.equal(labels.at(-1), 'find (not among the tools)');
  assert.equal(choicesOf(['look'], 'look').length, 3);
});

test('an open editor keeps the messages, and the sidebar goes first', () => {
  const place = (width, held) => Object.values(fitted({ width, lanes: 3, held })).slice(0, 2);
  assert.deepEqual(place(1440, false), ['strip', 'open']);
  assert.deepEqual(place(1440, true), ['open', 'rail']);
  assert.deepEqual(place(1920, true), ['open', 'open']);
});

test('a constraint of a lane has the switches of its kind', () => {
  const names = (kind) => OPTIONS.filter(({ of }) => of({ kind })).map(({ name }) => name);
  assert.deepEqual(names('json'), ['flexible_whitespace', 'after_thought']);
  assert.deepEqual(names('regex'), ['after_thought']);
  assert.deepEqual(names('none'), []);
  assert.deepEqual(OPTIONS.filter(({ of }) => of(null)), []);
});
