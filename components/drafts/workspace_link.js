// A workspace in the fragment of a URL, which browsers do not send: JSON, deflated, in base64url.
export const LINK_MARK = '#workspace=';
// RFC 9110 recommends supporting URLs of 8,000 octets. Some programs cut off longer ones.
export const LONGEST_LINK = 8000;
const LARGEST_WORKSPACE = 4_000_000; // bytes, because a few characters could unpack to any length

// address: the page's URL, without a fragment.
export async function linkOf(workspace, address) {
  const bytes = new TextEncoder().encode(JSON.stringify(workspace));
  const packed = await squeezed(bytes, new CompressionStream('deflate-raw'));
  let text = '';
  for (let start = 0; start < packed.length; start += 8192) {
    text += String.fromCharCode(...packed.subarray(start, start + 8192));
  }
  const data = btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return `${address}${LINK_MARK}${data}`;
}

// The inverse, from the fragment of a URL. Throws an Error with a message for the person.
export async function workspaceOf(fragment) {
  try {
    const text = fragment.slice(LINK_MARK.length).replaceAll('-', '+').replaceAll('_', '/');
    const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const bytes = await squeezed(packed, new DecompressionStream('deflate-raw'), LARGEST_WORKSPACE);
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Error(
      'The link could not be opened: it is incomplete, or not from this playground. Copy it again.',
    );
  }
}

async function squeezed(bytes, stream, most = Infinity) {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const chunks = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new Error('too large');
    }
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
