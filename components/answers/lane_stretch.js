// A stretch of the answer: what the person wrote of it, what the model added, and the token where
// it parts from the first lane's. All text goes into text nodes, which only grow.
function make(tag, className = '', text = '') {
  const node = document.createElement(tag);
  node.className = className;
  if (text) node.textContent = text;
  return node;
}
function setText(node, text) {
  const old = node.firstChild?.data ?? '';
  if (old && text.startsWith(old)) node.firstChild.appendData(text.slice(old.length));
  else if (old !== text) node.textContent = text;
}
const wholeText = (value) => (value.prefill || '') + (value.text || '');

// Where the answers part, in characters of the whole text; null where they don't.
function markOf(value) {
  const found = value.divergence;
  if (!found) return null;
  const start = (value.prefill || '').length + found.offset;
  const { place, unexplained = '' } = found;
  return { start, end: start + (found.length || 0), place, unexplained };
}
function newStretch(className) {
  const node = make('span', className);
  const part = make('button', 'lane-part');
  Object.assign(part, { type: 'button', hidden: true });
  part.dataset.act = 'inspect';
  node.append(make('span', 'lane-prefill'), make('span', 'lane-text'), part, make('span', 'lane-rest'));
  return node;
}
// mark: null where the answers part elsewhere; outside of the stretch it moves to its nearer end.
function drawStretch(node, value, from, to, mark) {
  const whole = wholeText(value);
  const edge = Math.min(Math.max((value.prefill || '').length, from), to);
  const at = mark ? Math.min(Math.max(mark.start, edge), to) : to;
  const end = mark ? Math.min(Math.max(mark.end, at), to) : to;
  setText(node.querySelector('.lane-prefill'), whole.slice(from, edge));
  setText(node.querySelector('.lane-text'), whole.slice(edge, at));
  setText(node.querySelector('.lane-rest'), whole.slice(end, to));
  drawMark(node.querySelector('.lane-part'), mark, whole.slice(at, end));
}
function drawMark(part, mark, text) {
  part.hidden = !mark;
  if (!mark) return;
  setText(part, text || '⏎');
  const words = `Token ${mark.place + 1}: here lane ${props.label} parts from lane A`;
  part.title = `${words}. ${mark.unexplained || 'Click to see why.'}`;
  part.setAttribute('aria-label', `${words}. ${mark.unexplained || 'Show why.'}`);
  part.setAttribute('aria-disabled', String(Boolean(mark.unexplained)));
  part.dataset.act = mark.unexplained ? 'none' : 'inspect';
}
