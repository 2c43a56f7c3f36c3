// One lane's answer: raw text, Markdown while it is looked at, or parts where it has thoughts or
// calls of tools.
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
  stopped: 'stopped by you', time_limit: 'reached the time limit',
};
let lastStatus = 'idle';
let follow = true;
let markdown = false;
let raw = false;

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
function draw() {
  const value = props.value || {};
  const status = value.status || 'idle';
  const busy = BUSY.includes(status);
  const stopped = status === 'done' && value.stop_reason === 'stopped';
  element.dataset.status = status;
  element.dataset.stopReason = value.stop_reason || '';
  $('status').dataset.status = stopped ? 'stopped' : status;
  setText($('status'), statusText(value, status, stopped));
  const inParts = Boolean(value.parts?.length);
  drawStretch($('raw'), value, 0, wholeText(value).length, markOf(value));
  drawParts($('part-list'), value, busy, markdown);
  drawExplanation();
  $('empty').textContent = EMPTY[status] || '';
  $('empty').hidden = !(status in EMPTY);
  $('error').textContent = value.error || '';
  $('raw').hidden = inParts ? !raw : markdown;
  $('parts').hidden = !inParts || raw;
  $('whole').hidden = inParts || !markdown;
  $('view-markdown').setAttribute('aria-pressed', String(markdown && !(inParts && raw)));
  $('view-raw').setAttribute('aria-pressed', String(raw));
  $('view-raw').hidden = !inParts;
  $('bar').firstElementChild.style.width = `${100 * (value.fraction || 0)}%`;
  $('stop-reason').textContent = STOP_REASON[value.stop_reason] || '';
  const answered = Boolean(value.text) || status === 'done';
  for (const button of element.querySelectorAll('.lane-foot button')) button.disabled = !answered;
  $('answer').hidden = !(value.parts || []).some((part) => part.kind === 'thought');
  element.querySelector('[data-act=seed]').hidden = answered && value.seed == null;
  $('not-sent').hidden = !value.not_sent;
  $('not-sent').textContent = value.not_sent || '';
  drawMetrics(value);
  drawParameters(value);
  if (markdown && !inParts) drawMarkdown($('whole'), wholeText(value));
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
const inPartsNow = () => Boolean(props.value?.parts?.length);
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
    markdown = raw && inPartsNow() ? true : !markdown;
    raw = false;
    draw();
  } else if (button.dataset.act === 'raw') {
    raw = !raw;
    draw();
  } else if (button.dataset.act === 'copy') {
    try {
      await navigator.clipboard.writeText(raw ? wholeText(value) : withoutThoughts(value));
      say(button, 'Copied');
    } catch {
      say(button, 'Copying is blocked');
    }
  } else if (button.dataset.act === 'reply') {
    trigger('reply', { lane: props.label, thought: true });
  } else if (button.dataset.act === 'answer') {
    trigger('reply', { lane: props.label, thought: false });
  } else if (button.dataset.act === 'results') {
    trigger('results', { lane: props.label, results: typedResults() });
  } else if (button.dataset.act === 'seed') {
    trigger('seed', { lane: props.label });
  } else if (button.dataset.act === 'inspect') {
    trigger('inspect', { lane: props.label });
  } else if (button.dataset.act === 'close') {
    props.explanation = {};
    drawExplanation();
    element.querySelector('.lane-part:not([hidden])')?.focus();
  }
});
element.querySelector('section').setAttribute('aria-label', `Answer of lane ${props.label}`);
watch('value', draw);
watch('explanation', drawExplanation);
draw();
