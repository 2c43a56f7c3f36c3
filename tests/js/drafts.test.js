import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { KeptDrafts } from '../../components/drafts/kept_drafts.js';
import { titleOf } from '../../components/drafts/workspace_bar.js';
import { browser, tab } from './fakes.js';

const page = (text, id = 'm1') => ({ messages: [{ id, role: 'user', text, images: [] }] });
const words = (draft) => draft.kept.messages[0].text;

beforeEach(() => browser());

test('a draft comes back after a reload', () => {
  const drafts = new KeptDrafts();
  drafts.keep(page('Hi'), 'edit');
  assert.equal(new KeptDrafts().open().messages[0].text, 'Hi');
});

test('a new tab opens a copy of the latest draft, and leaves the original alone', () => {
  new KeptDrafts().keep(page('Hi'), 'edit');
  tab();
  const other = new KeptDrafts();
  assert.equal(other.open().messages[0].text, 'Hi');
  other.keep(page('Ho'), 'edit');
  assert.deepEqual(other.others().map(words), ['Hi']);
});

test('an empty page that is not ready keeps nothing', () => {
  const drafts = new KeptDrafts();
  drafts.keep({ messages: [] }, 'edit');
  assert.deepEqual(drafts.all(), []);
});

test('what an act replaces can be found again, once', () => {
  const drafts = new KeptDrafts();
  drafts.keep({ messages: [] }, 'open');
  drafts.keep(page('mine'), 'edit');
  drafts.keep(page('a scenario', 'm2'), 'act');
  assert.deepEqual(drafts.others().map(words), ['mine']);
  drafts.keep(page('another scenario', 'm3'), 'act');
  assert.deepEqual(drafts.others().map(words), ['mine']);
});

test('undo replaces nothing', () => {
  const drafts = new KeptDrafts();
  drafts.keep({ messages: [] }, 'open');
  drafts.keep(page('mine'), 'edit');
  drafts.keep(page('before', 'm2'), 'step');
  assert.deepEqual(drafts.others(), []);
});

test('copies and empty drafts go before what somebody wrote', () => {
  const drafts = new KeptDrafts();
  for (let at = 1; at <= KeptDrafts.MOST + 5; at += 1) {
    drafts.write(`n${at}`, { at, edited: at !== 24, kept: page(`text ${at}`) });
  }
  const names = drafts.names();
  assert.equal(names.length, KeptDrafts.MOST);
  assert.ok(!names.includes('n24') && !names.includes('n1') && names.includes('n25'));
});

test('where storage is full, older drafts make room; where nothing helps, the page is told', () => {
  browser({ most: 1000 });
  const drafts = new KeptDrafts();
  let refusals = 0;
  drafts.refused = () => { refusals += 1; };
  drafts.write('old', { at: 1, edited: true, kept: page('x'.repeat(500)) });
  drafts.keep(page('y'.repeat(500)), 'edit');
  assert.deepEqual(drafts.names(), [drafts.tab]);
  assert.equal(refusals, 0);
  drafts.keep(page('z'.repeat(2000)), 'edit');
  assert.equal(refusals, 1);
});

test('damaged and foreign entries are skipped', () => {
  localStorage.setItem(`${KeptDrafts.PREFIX}a`, '{');
  localStorage.setItem(`${KeptDrafts.PREFIX}b`, '{"kept": {"messages": 1}}');
  localStorage.setItem('something else', '1');
  assert.deepEqual(new KeptDrafts().open(), {});
});

test('a page without storage works', () => {
  browser({ most: 0 });
  const drafts = new KeptDrafts();
  drafts.keep(page('Hi'), 'edit');
  assert.deepEqual(drafts.open(), {});
});

test('a duplicated tab takes another name, and both keep what they have', () => {
  const original = new KeptDrafts();
  original.meet();
  original.keep(page('Hi'), 'edit');
  const copy = new KeptDrafts(); // the browser copies the storage of the session
  copy.open();
  copy.meet();
  assert.notEqual(copy.tab, original.tab);
  assert.equal(words(copy.read(copy.tab)), 'Hi');
  assert.equal(words(original.read(original.tab)), 'Hi');
});

test('a draft is called by what was asked last', () => {
  const [ask, answer] = [{ role: 'user', text: ' A? ' }, { role: 'assistant', text: 'B' }];
  assert.equal(titleOf([ask, answer]), 'A?');
  assert.equal(titleOf([answer]), 'B');
  assert.equal(titleOf([{ role: 'user', text: '', images: [{}] }]), 'Images only');
  assert.equal(titleOf([]), 'Tools only');
});
