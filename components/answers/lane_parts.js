// An answer with thoughts or calls, in parts: thoughts are folded, calls are cards, and the rest is
// text. The raw view still shows every character.
import { counted, make, setText } from '../dom.js';
import { drawCalls, newCalls } from '../tools/tool_card.js';
import { homeOf, markOf, wholeText } from './answer_text.js';
import { drawStretch, newStretch } from './lane_stretch.js';

function newSaid() {
  return make('div.lane-said', newStretch(), make('div.lane-markdown'));
}
function drawSaid(node, value, part, { mark, drawMarkdown }) {
  const [stretch, rendered] = node.children;
  stretch.hidden = Boolean(drawMarkdown);
  rendered.hidden = !drawMarkdown;
  drawStretch(stretch, value, part.start, part.end, mark);
  drawMarkdown?.(rendered, wholeText(value).slice(part.start, part.end));
}

function newThought() {
  return make('details.lane-thought', make('summary'), newStretch('lane-thought-text'));
}
function drawThought(node, value, part, { mark, busy }) {
  const [summary, stretch] = node.children;
  const count = part.tokens === undefined ? '' : counted(part.tokens, 'token'); // a saved answer has none
  const state = part.closed ? 'Thought' : busy ? 'Thinking…' : 'Thought, cut off';
  const words = [state, count].filter(Boolean).join(busy && !part.closed ? ' ' : ' · ');
  const empty = part.closed && part.start === part.end;
  setText(summary, (empty ? 'Empty thought' : words) + (mark ? ' · diverges from lane A here' : ''));
  node.dataset.open = String(!part.closed && busy);
  node.classList.toggle('empty', empty);
  drawStretch(stretch, value, part.start, part.end, mark);
}

const NEW_PART = { text: newSaid, thought: newThought, calls: newCalls };
const DRAW_PART = { text: drawSaid, thought: drawThought, calls: drawCalls };

// drawMarkdown: draws the text parts; null if they are shown as plain text.
export function drawParts(list, value, { lane, busy, drawMarkdown }) {
  const parts = value.parts || [];
  const mark = markOf(value, lane);
  const home = homeOf(parts, mark);
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
      mark: place === home ? mark : null, busy, drawMarkdown, last: place === lastCalls,
    });
  });
}
