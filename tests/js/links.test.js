import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LINK_MARK, linkOf, workspaceOf } from '../../components/drafts/workspace_link.js';

const fragment = (link) => link.slice(link.indexOf('#'));

test('a workspace survives its link', async () => {
  const workspace = { messages: [{ role: 'user', content: 'Grüße 👋 </script>' }], numbers: [1, 0.5, null] };
  const link = await linkOf(workspace, 'http://a.test/b');
  assert.ok(link.startsWith(`http://a.test/b${LINK_MARK}`));
  assert.match(fragment(link), /^#workspace=[\w-]+$/);
  assert.deepEqual(await workspaceOf(fragment(link)), workspace);
});

test('a long text becomes short', async () => {
  assert.ok((await linkOf({ text: 'word '.repeat(10_000) }, '')).length < 500);
});

for (const [name, bad] of [
  ['nothing', ''], ['no base64', '!'], ['no deflate', 'AAAA'], ['cut off', 'q1YqSS0uUbJS'],
]) {
  test(`a link with ${name} is refused by a sentence`, async () => {
    await assert.rejects(workspaceOf(LINK_MARK + bad), /could not be opened/);
  });
}

test('a few characters can not unpack to any length', async () => {
  const link = await linkOf('x'.repeat(5_000_000), '');
  await assert.rejects(workspaceOf(fragment(link)), /could not be opened/);
});
