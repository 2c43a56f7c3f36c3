// An answer as text: the prefill, what the model added, and where it diverges from lane A.
export const wholeText = (value) => (value.prefill || '') + (value.text || '');

// Where the answers diverge, in characters of the whole text; null if they don't.
export function markOf(value, lane) {
  const found = value.divergence;
  if (!found) return null;
  const start = (value.prefill || '').length + found.offset;
  const { place, unexplained = '' } = found;
  return { start, end: start + (found.length || 0), place, unexplained, lane };
}

// The texts from one character to another. mark: null if the answers diverge elsewhere; outside the
// stretch it moves to the nearer end.
export function stretchOf(value, from, to, mark) {
  const whole = wholeText(value);
  const edge = Math.min(Math.max((value.prefill || '').length, from), to);
  const at = mark ? Math.min(Math.max(mark.start, edge), to) : to;
  const end = mark ? Math.min(Math.max(mark.end, at), to) : to;
  return {
    prefill: whole.slice(from, edge), text: whole.slice(edge, at),
    marked: whole.slice(at, end), rest: whole.slice(end, to),
  };
}

// The index of the part that shows the mark; -1 without one.
export function homeOf(parts, mark) {
  if (!mark) return -1;
  const found = parts.findIndex((part) => mark.start < part.end);
  return found < 0 ? parts.length - 1 : found;
}

// The text and calls without the thoughts; the server leaves out the same for a reply.
export function withoutThoughts(value) {
  const whole = wholeText(value);
  const kept = (value.parts || []).filter((part) => part.kind !== 'thought');
  if (kept.length === (value.parts || []).length) return whole;
  return kept.map((part, place) => {
    const between = place ? whole.slice(kept[place - 1].end, part.start) : '';
    return (between.trim() ? '\n\n' : between) + whole.slice(part.start, part.end);
  }).join('');
}
