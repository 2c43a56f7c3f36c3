import assert from 'node:assert/strict';
import { test } from 'node:test';

globalThis.location = { href: 'http://here/' };
const { withSplicedStreams } = await import('../../components/event_streams.js');

const CLOSE = 'data: {"msg":"close_stream","event_id":null}\n\n';
const done = (id) => `data: {"msg":"process_completed","event_id":"${id}","output":{}}\n\n`;
const read = (response) => response.text();
// A server whose streams are these texts, one after another; `join` answers with this id.
function client(streams, join = 'b') {
  const left = [...streams];
  return withSplicedStreams(async (url) =>
    (String(url).includes('join') ? Response.json({ event_id: join }) : new Response(left.shift())));
}

test('a stream that closes while an event waits goes on with the next one', async () => {
  const fetch = client([done('a') + CLOSE, done('b') + CLOSE]);
  const stream = await fetch('/queue/data?session_hash=x');
  assert.equal((await (await fetch('/queue/join?')).json()).event_id, 'b');
  assert.equal(await read(stream), done('a') + done('b') + CLOSE);
});

test('a stream closes if no event waits, and what is said in pieces stays whole', async () => {
  const fetch = client([]);
  const bytes = new TextEncoder().encode(done('é') + CLOSE);
  const pieces = withSplicedStreams(async () => new Response(new ReadableStream({
    start(controller) {
      for (let place = 0; place < bytes.length; place += 7) controller.enqueue(bytes.slice(place, place + 7));
      controller.close();
    },
  })));
  assert.equal(await read(await pieces('/queue/data?')), done('é') + CLOSE);
  await fetch('/queue/join?');
});

test('if the next stream is refused, the close is passed on', async () => {
  const streams = [new Response(CLOSE), new Response('', { status: 404 })];
  const fetch = withSplicedStreams(async (url) =>
    (url.includes('join') ? Response.json({ event_id: 'b' }) : streams.shift()));
  await fetch('/queue/join?');
  assert.equal(await read(await fetch('/queue/data?')), CLOSE);
});

test('other answers, and refusals, are left alone', async () => {
  const fetch = withSplicedStreams(async (url) => new Response(url, { status: url.includes('join') ? 429 : 200 }));
  assert.equal((await fetch('/queue/join?')).status, 429);
  assert.equal(await read(await fetch('/config')), '/config');
});
