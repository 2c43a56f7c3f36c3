// One lane's answer as raw text, as Markdown, or in parts if it has thoughts or tool calls.
import { copyText, drawnOnce, flash, make, setText } from '../dom.js';
import { lookOf, treeDrawer, verdictDrawer } from './answer_tree.js';
import { demoLanes } from '../demo/demo_lanes.js';
import { keptDrafts } from '../drafts/workspace.js';
import { typedResults } from '../tools/tool_card.js';
import { Asked } from './asked.js';
import { markOf, wholeText, withoutThoughts } from './answer_text.js';
import { drawExplanation } from './lane_explanation.js';
import { drawParts } from './lane_parts.js';
import { drawStretch } from './lane_stretch.js';
import { markdownDrawer } from './markdown.js';
import { runEnded } from '../lanes/press_run.js';
import { showPane } from '../shell.js';
import { clearToasts } from '../toasts.js';

const BUSY = ['waiting', 'queued', 'prefill', 'streaming', 'checking'];
const STATUS = {
  idle: 'Ready', waiting: 'Starting…', prefill: 'Reading the prompt…', streaming: 'Writing', checking: 'Checking…',
  done: 'Finished', failed: 'Failed',
};
const EMPTY = {
  idle: 'Press Run or Ctrl + Enter. The answer streams here.',
  queued: 'Waiting for other answers. This one starts automatically. Press Stop to leave the queue.',
};
const SHORT = { tokens: 'tokens', 'first token': 'first' }; // in the head; the others are details
const STOP_REASON = {
  end_of_sequence: 'Finished', stop_string: 'Stop string',
  max_new_tokens: 'Max new tokens reached', context_length: 'Context full',
  stopped: 'Stopped by you', time_limit: 'Time limit reached',
};

function statusText(value, status) {
  if (status === 'queued') return `Waiting · position ${value.place}`;
  if (value.verdict?.state === 'cut') return 'Cut';
  return (status === 'done' && STOP_REASON[value.stop_reason]) || STATUS[status];
}
function metric([label, number, title]) {
  return make('span', title && { title }, make('b', number), ` ${label}`);
}
export function mount({ element, trigger, props, server, watch, signal }) {
  const nodes = new Map();
  const $ = (name) => {
    if (!nodes.has(name)) nodes.set(name, element.querySelector(`.lane-${name}`));
    return nodes.get(name);
  };
  const body = $('body');
  const asked = new Asked(props.label);
  let lastStatus = 'idle';
  let lastAnswer = '';
  let follow = true;
  let scrolling = false;
  let markdown = false;
  let raw = false;
  let look = ''; // the tree or the text, as it was chosen
  // Once a frame: to ask for a height makes the browser lay out the page, and each lane would ask.
  function toEnd() {
    if (scrolling) return;
    scrolling = true;
    requestAnimationFrame(() => {
      scrolling = false;
      if (follow) body.scrollTop = body.scrollHeight;
    });
  }
  const drawMarkdown = markdownDrawer((text) => server.render_markdown(text), toEnd);
  const inPartsNow = () => Boolean(props.value?.parts?.length);
  const explain = () =>
    drawExplanation($('explanation'), props.explanation || {}, props.value?.divergence?.place);

  function begin() {
    asked.begin();
    follow = true;
    showPane('answers');
  }
  // An answer that was neither asked for here nor brought back, by a reload or with a saved version, is
  // from elsewhere.
  function followAsked(value, status) {
    const answer = `${value.seed} ${value.text} ${value.saved?.at}`;
    const isNew = answer !== lastAnswer && !BUSY.includes(status) && !BUSY.includes(lastStatus);
    lastAnswer = answer;
    if (!isNew) return;
    if (status !== 'idle' && asked.isRequested) return begin();
    const isBack = !keptDrafts.wasOpened;
    if (!isBack) asked.forget();
    if (!isBack && value.saved) asked.restore(value.saved);
    const when = status !== 'idle' && asked.time ? `from ${asked.time}` : '';
    $('when').textContent = $('when').title = when;
  }
  // The answer stays when its messages or settings change, and says so.
  function drawOutdated() {
    const changes = BUSY.includes(lastStatus) || lastStatus === 'idle' ? [] : asked.changes();
    element.dataset.outdated = String(changes.length > 0);
    demoLanes.take(props.label, props.value, changes.length > 0);
    $('outdated').textContent = changes.length ? `Out of date. Changed since: ${changes.join(', ')}.` : '';
  }
  function drawFigures(value) {
    const [short, others] = [true, false].map((isShort) =>
      (value.metrics || []).filter(([label]) => (label in SHORT) === isShort));
    $('short').replaceChildren(...short.map(([label, number]) => metric([SHORT[label], number, label])));
    $('metrics').replaceChildren(...others.map(metric));
    setText($('speed'), value.speed || '');
    $('bar').firstElementChild.style.width = `${100 * (value.fraction || 0)}%`;
  }
  const drawParameters = drawnOnce(({ parameters = [], all = '', notSent = '' }) => {
    $('parameters').replaceChildren(...parameters.map((text) => make('span', text)));
    $('parameters').title = all;
    $('not-sent').hidden = !notSent;
    $('not-sent').textContent = notSent;
  });
  const drawTree = treeDrawer($('tree'));
  const drawVerdict = verdictDrawer($('verdict'));
  function drawText(value, busy) {
    const inParts = inPartsNow();
    const asTree = lookOf(value, look) === 'tree';
    drawVerdict(value.verdict || null);
    drawTree(value.tree || null);
    $('tree').hidden = !asTree;
    $('look').hidden = !value.tree;
    for (const one of $('look').children) one.setAttribute('aria-pressed', String((one.dataset.act === 'tree') === asTree));
    drawStretch($('raw'), value, 0, wholeText(value).length, markOf(value, props.label));
    drawParts($('part-list'), value, {
      lane: props.label, busy, drawMarkdown: markdown ? drawMarkdown : null,
    });
    $('raw').hidden = asTree || (inParts ? !raw : markdown);
    $('parts').hidden = asTree || !inParts || raw;
    $('whole').hidden = asTree || inParts || !markdown;
    $('view-markdown').setAttribute('aria-pressed', String(!asTree && markdown && !(inParts && raw)));
    $('view-raw').setAttribute('aria-pressed', String(!asTree && raw));
    $('view-raw').hidden = !inParts;
    if (markdown && !inParts) drawMarkdown($('whole'), wholeText(value));
  }
  function draw() {
    const value = props.value || {};
    const status = value.status || 'idle';
    const busy = BUSY.includes(status);
    const stopped = status === 'done' && value.stop_reason === 'stopped';
    element.dataset.status = status;
    element.dataset.stopReason = value.stop_reason || '';
    const cut = value.verdict?.state === 'cut';
    $('status').dataset.status = stopped ? 'stopped' : cut ? 'cut' : status;
    setText($('status'), statusText(value, status));
    $('status').title = $('status').textContent;
    drawText(value, busy);
    explain();
    $('empty').textContent = EMPTY[status] || '';
    $('empty').hidden = !(status in EMPTY);
    $('error').textContent = value.error || '';
    const answered = Boolean(value.text) || status === 'done';
    for (const node of element.querySelectorAll('.lane-foot button:not(.lane-view), [data-act=seed]')) node.disabled = !answered;
    $('answer').hidden = !(value.parts || []).some((part) => part.kind === 'thought');
    element.querySelector('[data-act=seed]').hidden = answered && value.seed == null;
    drawFigures(value);
    drawParameters({ parameters: value.parameters, all: value.all_parameters, notSent: value.not_sent });
    element.dataset.busy = String(busy);
    followAsked(value, status);
    if (busy && !BUSY.includes(lastStatus)) {
      begin();
      $('when').textContent = '';
      if (!document.body.classList.contains('running')) trigger('begin');
    }
    lastStatus = status;
    drawOutdated();
    if ($('tree').hidden) toEnd();
    const running = Boolean(document.querySelector('[data-busy=true]'));
    const { body: page, activeElement } = document;
    page.classList.toggle('answered', Boolean(document.querySelector('[data-status]:not([data-status=idle]) > .lane-pane')));
    if (running === page.classList.contains('running')) return;
    page.classList.toggle('running', running);
    if (running) clearToasts();
    else runEnded();
    const [from, to] = running ? ['#run', '#stop'] : ['#stop', '#run'];
    if (activeElement?.matches(from)) document.querySelector(to)?.focus(); // it takes its place
  }

  const ask = (event, data = {}) => trigger(event, { lane: props.label, ...data });
  // Whether the tree was shown until now.
  function showText() {
    const wasTree = lookOf(props.value || {}, look) === 'tree';
    look = wasTree ? 'text' : look;
    return wasTree;
  }
  const ACTS = {
    view: () => {
      markdown = (raw && inPartsNow()) || showText() ? true : !markdown;
      raw = false;
      draw();
    },
    raw: () => {
      raw = showText() || !raw;
      draw();
    },
    tree: () => {
      look = 'tree';
      draw();
      body.scrollTop = 0;
    },
    text: () => {
      look = 'text';
      draw();
    },
    copy: async (button) => {
      const value = props.value || {};
      const copied = await copyText(raw ? wholeText(value) : withoutThoughts(value));
      flash(button, copied ? 'Copied' : 'Copying blocked');
    },
    reply: () => ask('reply', { thought: true }),
    answer: () => ask('reply', { thought: false }),
    results: () => ask('results', { results: typedResults(element) }),
    seed: () => ask('seed'),
    details: () => { // of all lanes, so that they stay aligned
      const shown = $('details').checkVisibility();
      document.body.classList.toggle('details', !shown);
      document.body.classList.toggle('no-details', shown);
    },
    inspect: () => ask('inspect'),
    close: () => {
      props.explanation = {};
      explain();
      element.querySelector('.lane-part:not([hidden])')?.focus();
    },
  };
  body.addEventListener('scroll', () => {
    follow = body.scrollTop + body.clientHeight >= body.scrollHeight - 24;
  });
  element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-act]');
    if (button) ACTS[button.dataset.act]?.(button);
  });
  element.querySelector('section').setAttribute('aria-label', `Answer of lane ${props.label}`);
  watch('value', draw);
  watch('explanation', explain);
  document.addEventListener('playground-changed', drawOutdated, { signal });
  document.addEventListener('playground-run', ({ detail }) => {
    if (detail.includes(props.label)) asked.request();
  }, { signal });
  document.addEventListener('playground-branch', ({ detail }) => {
    if (detail === props.label) asked.goOn();
  }, { signal });
  keptDrafts.heard.addEventListener('kept', ({ detail }) => {
    if (detail.how === 'act') asked.takeInputs(detail.written);
  }, { signal });
  draw();
}
