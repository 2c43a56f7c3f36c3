// Gradio's client reads the messages of all its events from one stream, which the server closes when no
// event is left. An event that the server accepts after it has decided so, but before the client has heard
// of it, loses all its messages: the client believes in the old stream and opens none. The first event of
// a person, and each step after another, can fall into that moment. Here such a stream goes on with the
// next one instead of closing.
const MESSAGE = /^data: \{"msg":"(\w+)","event_id":"?(\w+)/;

async function* messagesOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n\n');
    rest = parts.pop();
    for (const part of parts) yield `${part}\n\n`;
  }
}

// waiting: ids of the events that the server has accepted and not completed. again: opens the next stream.
async function* spliced(response, waiting, again) {
  for (let now = response; ;) {
    let next = null;
    for await (const message of messagesOf(now.body)) {
      const [, kind, id] = MESSAGE.exec(message) || [];
      if (kind === 'process_completed') waiting.delete(id);
      if (kind === 'close_stream' && waiting.size) next = await again();
      if (next?.ok) break;
      yield message;
    }
    if (!next?.ok) return;
    now = next;
  }
}
function asStream(messages, waiting) {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await messages.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      } catch (error) { // it was closed, or the server is gone
        waiting.clear();
        controller.error(error);
      }
    },
  });
}

// Returns a `fetch` for Gradio's client.
export function withSplicedStreams(fetchNow) {
  const waiting = new Set();
  return async (input, init) => {
    const { pathname } = new URL(input.url ?? input, location.href);
    const response = await fetchNow(input, init);
    if (!response.ok) return response;
    if (pathname.endsWith('/queue/join')) {
      const { event_id: id } = await response.clone().json();
      waiting.add(id); // before the client hears of it
    }
    if (!pathname.endsWith('/queue/data')) return response;
    const messages = spliced(response, waiting, () => fetchNow(input, init));
    return new Response(asStream(messages, waiting), response);
  };
}
