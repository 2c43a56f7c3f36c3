import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  changedAt, duplicated, handedOver, inserted, isRow, moved, normal, placeOf, removed, taken, withImage,
  withoutImage,
} from '../../components/messages/message_list.js';

const turns = Object.freeze(['a', 'b', 'c'].map((id) => Object.freeze(
  { id, role: 'user', text: id, images: Object.freeze([`${id}1`, `${id}2`]) },
)));
const ids = (list) => list.map(({ id }) => id).join('');

test('messages move to a place, and stay where there is none', () => {
  assert.equal(ids(moved(turns, 0, 2)), 'bca');
  assert.equal(ids(moved(turns, 2, 0)), 'cab');
  for (const [from, to] of [[0, -1], [2, 3], [1, 1], [-1, -2]]) assert.equal(moved(turns, from, to), turns);
});

test('only whole rows of a draft are drawn', () => {
  assert.ok(turns.map(({ images, ...turn }) => ({ ...turn, images: [{ path: 'a' }] })).every(isRow));
  const wrong = [null, 1, {}, { role: 'user', text: 1, images: [] }, { role: 'user', text: '' },
    { role: 'user', text: '', images: [null] }, { text: '', images: [] }];
  assert.deepEqual(wrong.filter(isRow), []);
});

test('messages are inserted, removed and changed by their place', () => {
  assert.equal(ids(inserted(turns, 1, { id: 'x' })), 'axbc');
  assert.equal(ids(removed(turns, 1)), 'ac');
  assert.equal(changedAt(turns, 1, { role: 'tool' })[1].role, 'tool');
  assert.equal(placeOf(turns, 'c'), 2);
  assert.equal(placeOf(turns, 'gone'), -1);
});

test('a duplicate has an id of its own and shares no image list', () => {
  const copy = duplicated(turns, 1)[2];
  assert.equal(copy.text, 'b');
  assert.notEqual(copy.id, 'b');
  assert.notEqual(copy.images, turns[1].images);
});

test('images are added, replaced and removed', () => {
  assert.deepEqual(withImage(turns, 'b', 'new')[1].images, ['b1', 'b2', 'new']);
  assert.deepEqual(withImage(turns, 'b', 'new', 0)[1].images, ['new', 'b2']);
  assert.deepEqual(withoutImage(turns, 1, 0)[1].images, ['b2']);
  assert.equal(withImage(turns, 'gone', 'new'), turns);
});

test('what is missing of a row is filled in', () => {
  const { id, ...rest } = normal({ role: 'user' });
  assert.ok(id);
  assert.deepEqual(rest, { role: 'user', text: '', images: [] });
  const calls = [{ id: '1', name: 'f', arguments: '{}' }];
  assert.deepEqual(normal({ id: 'a', role: 'assistant', calls }).calls, calls);
});

test('Gradio gets copies, without what belongs to the page', () => {
  const [given] = handedOver([{ ...turns[0], uploading: true }]);
  assert.deepEqual(given, turns[0]);
  assert.notEqual(given, turns[0]);
});

test('texts that are being typed stand against the rows of the server', () => {
  const rows = [{ id: 'a', role: 'system', text: 'server' }, { id: 'b', role: 'user', text: 'server' }];
  const next = taken(turns, rows, new Set(['a']));
  assert.deepEqual(next.map(({ role, text }) => [role, text]), [['system', 'a'], ['user', 'server']]);
  assert.deepEqual(taken(turns, null, new Set(['a'])), []);
});
