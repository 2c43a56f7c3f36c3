// A lane as a script: which lane, for which program, and whether it reproduces the lane's tokens.
import { button, copyText, counted, flash, make, saveFile } from '../dom.js';
import { Questions } from '../questions.js';

// Comments are found only by their mark; a line inside a quoted text may look like one.
function lines(code, mark) {
  return code.split(/(?<=\n)/).map((line) => {
    const isComment = mark && line.trimStart().startsWith(mark);
    return make('span', isComment && { className: 'comment' }, line);
  });
}
function imageLink({ url, name }) {
  const link = make('a', { href: url, download: name }, name);
  // The server uses the name of the upload; the script needs its own name for the file.
  link.addEventListener('click', async (event) => {
    event.preventDefault();
    const answer = await fetch(url);
    if (answer.ok) saveFile(name, await answer.blob());
    else link.textContent = `${name} (no longer available)`;
  });
  return link;
}
function links(images) {
  if (!images.length) return [];
  const all = images.flatMap((image, place) => [place ? ', ' : '', imageLink(image)]);
  return ['Images for this script: ', ...all];
}

export function mount({ element, trigger, props, watch, signal }) {
  const part = (name) => element.querySelector(`.export-${name}`);
  const act = (name) => element.querySelector(`[data-act=${name}]`);
  const choice = { lane: '', target: '', source: '' };
  const questions = new Questions(props.value);
  let toggled = false;
  let shown = {};

  function follow() {
    // Not `target`: an event of Gradio has one of its own.
    const { lane, target, source } = choice;
    trigger('follow', questions.next({ lane, program: target, source }));
  }
  function choose(box, items, chosen, name) {
    const focused = box.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    box.replaceChildren(...items.map(([key, text]) => {
      const node = button(text, { dataset: { key }, 'aria-pressed': String(key === chosen) });
      node.addEventListener('click', () => {
        choice[name] = key;
        follow();
      });
      return node;
    }));
    if (focused) box.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }
  function drawVerdict() {
    const verdict = props.verification || {};
    const isScript = shown.target === 'transformers';
    const isSame = Boolean(verdict.key) && verdict.key === shown.key;
    const mine = isScript && isSame;
    const busy = isSame && Boolean(verdict.busy);
    const never = isScript ? shown.unverifiable || '' : '';
    part('verdict').textContent = never || (mine ? verdict.text : '');
    part('verdict').dataset.state = mine ? verdict.state : '';
    act('verify').hidden = !isScript || Boolean(never) || busy;
    act('verify').disabled = !shown.verifiable;
    act('stop').hidden = !busy;
  }
  function drawNotes(notes) {
    const known = part('known');
    known.hidden = !notes.length;
    if (!toggled) known.open = notes.length < 4;
    known.querySelector('summary').textContent =
      `${counted(notes.length, 'note')} about this script`;
    part('notes').replaceChildren(...notes.map((note) => make('li', note)));
  }
  function draw() {
    const value = props.value || {};
    if (!questions.takes(value)) return;
    shown = value;
    const { lane, target, source, code = '' } = value;
    if (questions.isLatest(value)) Object.assign(choice, { lane, target, source });
    choose(part('lanes'), (value.lanes || []).map((one) => [one, `Lane ${one}`]), lane, 'lane');
    choose(part('sources'), value.sources || [], source, 'source');
    choose(part('targets'), value.targets || [], target, 'target');
    part('state').textContent = value.state || '';
    part('error').textContent = value.error || '';
    drawNotes(value.notes || []);
    part('images').replaceChildren(...links(value.images || []));
    part('code').replaceChildren(...lines(code, value.mark));
    for (const name of ['copy', 'download']) act(name).disabled = !code;
    act('download').textContent = value.file ? `Download ${value.file}` : 'Download';
    drawVerdict();
  }
  const ACTS = {
    copy: async () => { if (await copyText(shown.code)) flash(act('copy'), 'Copied', 1500); },
    download: () => saveFile(shown.file, shown.code),
    verify: () => trigger('verify', { lane: shown.lane }),
    stop: () => trigger('stop'),
  };
  element.addEventListener('click', (event) => {
    ACTS[event.target.closest('[data-act]')?.dataset.act]?.();
  });
  part('known').querySelector('summary').addEventListener('click', () => { toggled = true; });
  // The page reports changed inputs and answers. A hidden tab asks for nothing.
  document.addEventListener('playground-changed', () => {
    if (element.offsetParent) follow();
  }, { signal });
  watch('value', draw);
  watch('verification', drawVerdict);
  draw();
  follow();
}
