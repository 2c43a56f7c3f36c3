// Calls of tools as cards: the name, the arguments, what is wrong, and a field for the result.
// Results are kept by what was called, so that the same call finds its result again.
window.toolResults ??= new Map();

function newCalls() {
  const node = make('section', 'tool-calls');
  node.setAttribute('aria-label', 'Tool calls');
  const mark = newStretch('tool-mark');
  const send = make('button', 'tool-send');
  send.type = 'button';
  send.dataset.act = 'results';
  send.title = 'Append this answer and the result to the messages, then run';
  const foot = make('div', 'tool-foot');
  foot.append(send);
  node.append(mark, make('div', 'tool-list'), foot);
  node.addEventListener('input', (event) => {
    const call = event.target.closest('.tool-call');
    if (call) window.toolResults.set(call.dataset.called, event.target.value);
  });
  return node;
}

function drawCalls(node, value, part, { mark, busy, last }) {
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
  const count = element.querySelectorAll('.tool-call').length;
  const send = foot.firstChild;
  send.disabled = busy;
  setText(send, count > 1 ? `Add ${count} results and run` : 'Add result and run');
}

function newCard() {
  const card = make('article', 'tool-call');
  const head = make('header');
  head.append(make('span', 'tool-kind', 'Tool call'), make('b', 'tool-name'), make('span', 'tool-state'));
  const label = make('label', 'tool-answer');
  const field = make('textarea', 'tool-result');
  field.rows = 2;
  field.placeholder = 'What the tool answers: JSON or text';
  field.spellcheck = false;
  label.append(make('span', '', 'Result'), field);
  card.append(head, make('table'), make('pre'), make('ul'), label);
  return card;
}

function drawCard(card, call, error, source) {
  const [head, table, raw, list, label] = card.children;
  const writing = !call.complete && !error;
  setText(head.children[1], call.name || (error ? 'not readable' : '…'));
  setText(head.children[2], writing ? 'writing…' : '');
  table.textContent = '';
  table.hidden = !call.arguments.length;
  for (const [name, json] of call.arguments) {
    const row = table.insertRow();
    row.append(make('th', '', name));
    row.firstChild.scope = 'row';
    row.insertCell().append(make('code', '', json));
  }
  raw.hidden = !(source && error);
  setText(raw, source && error ? source : '');
  list.textContent = '';
  for (const text of [...(error ? [error] : []), ...call.problems]) list.append(make('li', 'tool-problem', text));
  for (const text of call.notes || []) list.append(make('li', '', text));
  label.hidden = writing;
  const field = label.lastChild;
  field.setAttribute('aria-label', `Result of ${call.name || 'the call'}`);
  const called = JSON.stringify([call.name, call.arguments, source]);
  if (card.dataset.called !== called && !field.value) field.value = window.toolResults.get(called) || '';
  card.dataset.called = called;
}

const typedResults = () => [...element.querySelectorAll('.tool-result')].map((field) => field.value);
