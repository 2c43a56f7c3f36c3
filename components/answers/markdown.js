// Markdown rendered by the server, which lets no HTML of the model through. Rendering is throttled, and
// an older text never replaces a newer one.
import { Questions } from '../questions.js';

const EVERY_MS = 250;

// render: asks the server. drawn: called after a redraw. Returns `draw(node, text)`.
export function markdownDrawer(render, drawn) {
  const states = new WeakMap(); // by the node
  return async function draw(node, text) {
    const state = states.get(node) || { questions: new Questions() };
    states.set(node, state);
    state.wanted = text;
    if (state.timer || state.from === text) return;
    state.timer = setTimeout(() => {
      state.timer = null;
      draw(node, state.wanted);
    }, EVERY_MS);
    state.from = text;
    const asked = state.questions.next();
    const html = await render(text);
    if (!state.questions.takes(asked)) return; // a newer one was faster
    node.innerHTML = html;
    drawn();
  };
}
