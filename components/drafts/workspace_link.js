// A workspace in the fragment of an address, which browsers keep to themselves: JSON, deflated, in
// base64url.
const LINK_MARK = '#workspace=';
// RFC 9110 asks everybody for 8,000 octets of an address; what is longer is cut off here and there.
const LONGEST_LINK = 8000;
const LARGEST_WORKSPACE = 4_000_000; // bytes: a few characters could unpack to any length

async function linkOf(workspace) {
  const bytes = new TextEncoder().encode(JSON.stringify(workspace));
  const packed = await squeezed(bytes, new CompressionStream('deflate-raw'));
  let text = '';
  for (let start = 0; start < packed.length; start += 8192) {
    text += String.fromCharCode(...packed.subarray(start, start + 8192));
  }
  const data = btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return `${location.origin}${location.pathname}${LINK_MARK}${data}`;
}

// The inverse, of an address's fragment. Raises an Error with a sentence.
async function workspaceOf(fragment) {
  try {
    const text = fragment.slice(LINK_MARK.length).replaceAll('-', '+').replaceAll('_', '/');
    const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const bytes = await squeezed(packed, new DecompressionStream('deflate-raw'), LARGEST_WORKSPACE);
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Error(
      'The link could not be opened: it is cut off or not of this playground. Copy it again.',
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
