// An answer with thoughts or calls, in parts: a thought is folded, a call is a card, and what is said
// stands as it is. The raw view beside it still shows every character.
const MARKDOWN_EVERY_MS = 250;
const renderings = new WeakMap();

// Markdown is rendered by the server, which lets no HTML of the model through.
async function drawMarkdown(node, text) {
  const state = renderings.get(node) || {};
  renderings.set(node, state);
  state.wanted = text;
  if (state.timer || state.from === text) return;
  state.timer = setTimeout(() => {
    state.timer = null;
    drawMarkdown(node, state.wanted);
  }, MARKDOWN_EVERY_MS);
  state.from = text;
  state.asked = (state.asked || 0) + 1;
  const number = state.asked;
  const html = await server.render_markdown(text);
  if (number < (state.drawn || 0)) return; // a newer one was faster
  state.drawn = number;
  node.innerHTML = html;
  if (follow) body.scrollTop = body.scrollHeight;
}

function newSaid() {
  const node = make('div', 'lane-said');
  node.append(newStretch(''), make('div', 'lane-markdown'));
  return node;
}
function drawSaid(node, value, part, { mark, markdown }) {
  const [stretch, rendered] = node.children;
  stretch.hidden = markdown;
  rendered.hidden = !markdown;
  drawStretch(stretch, value, part.start, part.end, mark);
  if (markdown) drawMarkdown(rendered, wholeText(value).slice(part.start, part.end));
}

function newThought() {
  const node = make('details', 'lane-thought');
  node.append(make('summary'), newStretch('lane-thought-text'));
  return node;
}
function drawThought(node, value, part, { mark, busy }) {
  const [summary, stretch] = node.children;
  const count = `${part.tokens.toLocaleString('en')} ${part.tokens === 1 ? 'token' : 'tokens'}`;
  const words = part.closed ? `Thought · ${count}` : busy ? `Thinking… ${count}` : `Thought, cut off · ${count}`;
  const empty = part.closed && part.start === part.end;
  setText(summary, (empty ? 'Empty thought' : words) + (mark ? ' · parts from lane A here' : ''));
  node.dataset.open = String(!part.closed && busy);
  node.classList.toggle('empty', empty);
  drawStretch(stretch, value, part.start, part.end, mark);
}

const NEW_PART = { text: newSaid, thought: newThought, calls: newCalls };
const DRAW_PART = { text: drawSaid, thought: drawThought, calls: drawCalls };

function drawParts(list, value, busy, markdown) {
  const parts = value.parts || [];
  const mark = markOf(value);
  const found = mark ? parts.findIndex((part) => mark.start < part.end) : -1;
  const home = found < 0 ? parts.length - 1 : found;
  const lastCalls = parts.findLastIndex((part) => part.kind === 'calls');
  while (list.children.length > parts.length) list.lastChild.remove();
  parts.forEach((part, place) => {
    let node = list.children[place];
    if (node?.dataset.kind !== part.kind) {
      const fresh = NEW_PART[part.kind]();
      fresh.dataset.kind = part.kind;
      if (node) node.replaceWith(fresh);
      else list.append(fresh);
      node = fresh;
    }
    DRAW_PART[part.kind](node, value, part, {
      mark: place === home ? mark : null, busy, markdown, last: place === lastCalls,
    });
  });
}

// What is said and called, without what is thought; the server leaves out the same for a reply.
function withoutThoughts(value) {
  const whole = wholeText(value);
  const kept = (value.parts || []).filter((part) => part.kind !== 'thought');
  if (kept.length === (value.parts || []).length) return whole;
  return kept.map((part, place) => {
    const between = place ? whole.slice(kept[place - 1].end, part.start) : '';
    return (between.trim() ? '\n\n' : between) + whole.slice(part.start, part.end);
  }).join('');
}
