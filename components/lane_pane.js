// One lane's answer. Raw text only grows by text nodes; Markdown is rendered by the server, which
// lets no HTML of the model through, and only while it is looked at.
const $ = (name) => element.querySelector(`.lane-${name}`);
const body = $('body');
const BUSY = ['waiting', 'queued', 'prefill', 'streaming'];
const STATUS = {
  idle: 'ready', waiting: 'starting…', prefill: 'reading prompt…', streaming: 'streaming',
  done: 'done', failed: 'failed',
};
const EMPTY = {
  idle: 'Press Run or Ctrl + Enter. The answer streams here.',
  queued: 'Other answers come first. This one begins by itself; Stop leaves the queue.',
};
const STOP_REASON = {
  end_of_sequence: 'ended by itself', stop_string: 'met a stop string',
  max_new_tokens: 'reached max new tokens', context_length: 'filled the context',
  stopped: 'stopped by you',
};
const MARKDOWN_EVERY_MS = 250;
let lastStatus = 'idle';
let follow = true;
let markdown = false;
let rendering = null;
let renderedFrom = null;

function setText(node, text) {
  const old = node.firstChild?.data ?? '';
  if (old && text.startsWith(old)) node.firstChild.appendData(text.slice(old.length));
  else if (old !== text) node.textContent = text;
}
// The text up to where this answer parts from the first lane's, the token there, and the rest.
function drawText(value) {
  const text = value.text || '';
  const at = value.divergence ? Math.min(value.divergence.offset, text.length) : text.length;
  const end = value.divergence ? at + (value.divergence.length || 0) : at;
  setText($('text'), text.slice(0, at));
  setText($('rest'), text.slice(end));
  const part = $('part');
  part.hidden = !value.divergence;
  if (part.hidden) return;
  setText(part, text.slice(at, end) || '⏎');
  const words = `Token ${value.divergence.place + 1}: here lane ${props.label} parts from lane A`;
  part.title = `${words}. Click to see why.`;
  part.setAttribute('aria-label', `${words}. Show why.`);
}
function drawExplanation() {
  const found = props.explanation || {};
  const box = $('explanation');
  box.hidden = !found.lines || found.place !== props.value?.divergence?.place;
  if (box.hidden) return;
  box.textContent = '';
  const close = document.createElement('button');
  close.type = 'button';
  close.dataset.act = 'close';
  close.textContent = 'Close';
  box.append(close, ...found.lines.map((line) => {
    const paragraph = document.createElement('p');
    paragraph.textContent = line;
    return paragraph;
  }));
  for (const side of found.sides) box.append(candidateTable(side));
}
function candidateTable(side) {
  const table = document.createElement('table');
  const caption = table.createCaption();
  caption.textContent = `Lane ${side.lane}`;
  const head = table.createTHead().insertRow();
  for (const name of ['token', 'before', 'after', 'removed by']) {
    const cell = document.createElement('th');
    cell.textContent = name;
    head.append(cell);
  }
  const rows = table.createTBody();
  for (const candidate of side.candidates) {
    const row = rows.insertRow();
    row.className = candidate.kind;
    row.insertCell().textContent = candidate.text;
    const cell = row.insertCell();
    cell.textContent = candidate.before;
    cell.style.setProperty('--share', candidate.share);
    row.insertCell().textContent = candidate.after;
    row.insertCell().textContent = candidate.removed_by;
  }
  return table;
}
function statusText(value, status, stopped) {
  if (stopped) return 'stopped';
  return status === 'queued' ? `waiting · place ${value.place}` : STATUS[status];
}
function drawMetrics(value) {
  const metrics = $('metrics');
  metrics.textContent = '';
  for (const [label, figure, title] of value.metrics || []) {
    const item = document.createElement('span');
    if (title) item.title = title;
    const number = document.createElement('b');
    number.textContent = figure;
    item.append(number, ` ${label}`);
    metrics.append(item);
  }
  $('speed').textContent = value.speed || '';
}
function drawParameters(value) {
  const holder = $('parameters');
  holder.textContent = '';
  holder.title = value.all_parameters || '';
  for (const text of value.parameters || []) {
    const chip = document.createElement('span');
    chip.textContent = text;
    holder.append(chip);
  }
}
async function drawMarkdown(value) {
  const text = (value.prefill || '') + (value.text || '');
  if (rendering || renderedFrom === text) return;
  rendering = setTimeout(() => {
    rendering = null;
    drawMarkdown(props.value || {});
  }, MARKDOWN_EVERY_MS);
  renderedFrom = text;
  $('markdown').innerHTML = await server.render_markdown(text);
  if (follow) body.scrollTop = body.scrollHeight;
}
function draw() {
  const value = props.value || {};
  const status = value.status || 'idle';
  const busy = BUSY.includes(status);
  const stopped = status === 'done' && value.stop_reason === 'stopped';
  element.dataset.status = status;
  element.dataset.stopReason = value.stop_reason || '';
  $('status').dataset.status = stopped ? 'stopped' : status;
  setText($('status'), statusText(value, status, stopped));
  setText($('prefill'), value.prefill || '');
  drawText(value);
  drawExplanation();
  $('empty').textContent = EMPTY[status] || '';
  $('empty').hidden = !(status in EMPTY);
  $('error').textContent = value.error || '';
  $('raw').hidden = markdown;
  $('markdown').hidden = !markdown;
  $('view').setAttribute('aria-pressed', String(markdown));
  $('bar').firstElementChild.style.width = `${100 * (value.fraction || 0)}%`;
  $('stop-reason').textContent = STOP_REASON[value.stop_reason] || '';
  const answered = Boolean(value.text) || status === 'done';
  for (const button of element.querySelectorAll('footer button')) button.disabled = !answered;
  drawMetrics(value);
  drawParameters(value);
  if (markdown) drawMarkdown(value);
  element.dataset.busy = String(busy);
  if (busy && !BUSY.includes(lastStatus)) {
    if (!document.body.classList.contains('running')) trigger('begin');
    follow = true;
    if (matchMedia('(max-width: 768px)').matches) element.scrollIntoView({ block: 'start' });
  }
  lastStatus = status;
  if (follow) body.scrollTop = body.scrollHeight;
  const running = Boolean(document.querySelector('[data-busy=true]'));
  document.body.classList.toggle('running', running);
  document.querySelector('#stop')?.setAttribute('aria-disabled', String(!running));
}
function say(button, word) {
  const label = button.textContent;
  button.textContent = word;
  setTimeout(() => { button.textContent = label; }, 1200);
}
body.addEventListener('scroll', () => {
  follow = body.scrollTop + body.clientHeight >= body.scrollHeight - 24;
});
element.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-act]');
  const value = props.value || {};
  if (!button) return;
  if (button.dataset.act === 'view') {
    markdown = !markdown;
    renderedFrom = null;
    draw();
  } else if (button.dataset.act === 'copy') {
    try {
      await navigator.clipboard.writeText((value.prefill || '') + (value.text || ''));
      say(button, 'Copied');
    } catch {
      say(button, 'Copying is blocked');
    }
  } else if (button.dataset.act === 'reply') {
    trigger('reply', { lane: props.label });
  } else if (button.dataset.act === 'seed') {
    trigger('seed', { lane: props.label });
  } else if (button.dataset.act === 'inspect') {
    trigger('inspect', { lane: props.label });
  } else if (button.dataset.act === 'close') {
    props.explanation = {};
    drawExplanation();
    $('part').focus();
  }
});
element.querySelector('section').setAttribute('aria-label', `Answer of lane ${props.label}`);
watch('value', draw);
watch('explanation', drawExplanation);
draw();
