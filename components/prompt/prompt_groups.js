// Image placeholders repeat hundreds of times. A sequence of them is drawn once, with its count.
export function grouped(tokens) {
  const groups = [];
  for (const token of tokens) {
    const last = groups.at(-1);
    if (last && token.kind === 'image' && last.token.id === token.id) last.count += 1;
    else groups.push({ token, count: 1 });
  }
  return groups;
}
