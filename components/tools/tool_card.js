// Tool calls as cards: the name, the arguments, problems, and a field for the result. Results are kept
// by call, so that the same call gets its result again.
import { actButton, make, setText } from '../dom.js';
import { wholeText } from '../answers/answer_text.js';
import { drawMark, newStretch } from '../answers/lane_stretch.js';

const results = new Map();

export function newCalls() {
  const send = actButton('', 'results', {}, '');
  send.className = 'tool-send';
  send.title = 'Add this answer and the result to the messages, then run';
  const node = make(
    'section.tool-calls', { 'aria-label': 'Tool calls' }, newStretch('tool-mark'),
    make('div.tool-list'), make('div.tool-foot', send),
  );
  node.addEventListener('input', (event) => {
    const call = event.target.closest('.tool-call');
    if (call) results.set(call.dataset.called, event.target.value);
  });
  return node;
}

export function drawCalls(node, value, part, { mark, busy, last }) {
  const [stretch, list, foot] = node.children;
  stretch.hidden = !mark;
  if (mark) drawMark(stretch.querySelector('.lane-part'), mark, wholeText(value).slice(mark.start, mark.end));
  const source = wholeText(value).slice(part.start, part.end);
  const calls = part.calls.length ? part.calls : [{ name: '', arguments: [], problems: [], complete: !busy }];
  while (list.children.length > calls.length) list.lastChild.remove();
  calls.forEach((call, place) => {
    const key = JSON.stringify([call, part.error, part.calls.length ? '' : source]);
    const card = list.children[place] || list.appendChild(newCard());
    if (card.dataset.key === key) return;
    card.dataset.key = key;
    drawCard(card, call, place === calls.length - 1 ? part.error : '', part.calls.length ? '' : source);
  });
  foot.hidden = !last;
  const count = node.parentElement.querySelectorAll('.tool-call').length;
  const send = foot.firstChild;
  send.disabled = busy;
  setText(send, count > 1 ? `Add ${count} results and run` : 'Add result and run');
}

function newCard() {
  const field = make('textarea.tool-result', {
    rows: 2, placeholder: 'What the tool returned, as JSON or text', spellcheck: false,
  });
  return make(
    'article.tool-call',
    make('header', make('span.tool-kind', 'Tool call'), make('b.tool-name'), make('span.tool-state')),
    make('table'), make('pre'), make('ul'), make('label.tool-answer', make('span', 'Result'), field),
  );
}

function drawCard(card, call, error, source) {
  const [head, table, raw, list, label] = card.children;
  const writing = !call.complete && !error;
  setText(head.children[1], call.name || (error ? 'unreadable' : '…'));
  setText(head.children[2], writing ? 'writing…' : '');
  table.textContent = '';
  table.hidden = !call.arguments.length;
  for (const [name, json] of call.arguments) {
    const row = table.insertRow();
    row.append(make('th', { scope: 'row' }, name));
    row.insertCell().append(make('code', json));
  }
  raw.hidden = !(source && error);
  setText(raw, source && error ? source : '');
  const problems = [...(error ? [error] : []), ...call.problems];
  list.replaceChildren(
    ...problems.map((text) => make('li.tool-problem', text)),
    ...(call.notes || []).map((text) => make('li', text)),
  );
  label.hidden = writing;
  const field = label.lastChild;
  field.setAttribute('aria-label', `Result of ${call.name || 'the call'}`);
  const called = JSON.stringify([call.name, call.arguments, source]);
  if (card.dataset.called !== called && !field.value) field.value = results.get(called) || '';
  card.dataset.called = called;
}

export function typedResults(root) {
  return [...root.querySelectorAll('.tool-result')].map((field) => field.value);
}
