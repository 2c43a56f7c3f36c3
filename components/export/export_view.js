// A lane as a script: which lane, for which program, and whether it reproduces the lane's tokens.
const choice = { lane: '', target: '', source: '' };
const part = (name) => element.querySelector(`.export-${name}`);
const act = (name) => element.querySelector(`[data-act=${name}]`);
let toggled = false;
let shown = {};
// Answers may come late or in another order: each carries the number of its question.
let sent = (props.value || {}).serial || 0;
function follow() {
  sent += 1;
  // Not `target`: an event of Gradio has one of its own.
  trigger('follow', { lane: choice.lane, program: choice.target, source: choice.source, serial: sent });
}
function choose(box, items, chosen, name) {
  const focused = box.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  box.replaceChildren(...items.map(([key, text]) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.key = key;
    button.textContent = text;
    button.setAttribute('aria-pressed', String(key === chosen));
    button.addEventListener('click', () => {
      choice[name] = key;
      follow();
    });
    return button;
  }));
  if (focused) box.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}
// Comments are told apart by their mark alone; a line inside of a quoted text may look like one.
function lines(code, mark) {
  return code.split(/(?<=\n)/).map((line) => {
    const span = document.createElement('span');
    if (mark && line.trimStart().startsWith(mark)) span.className = 'comment';
    span.textContent = line;
    return span;
  });
}
function links(images) {
  if (!images.length) return [];
  return ['Images of this script: ', ...images.flatMap((image, place) => {
    const link = document.createElement('a');
    Object.assign(link, { href: image.url, download: image.name, textContent: image.name });
    // The server names the file as it was uploaded; the script needs its own name for it.
    link.addEventListener('click', async (event) => {
      event.preventDefault();
      const answer = await fetch(image.url);
      if (answer.ok) save(await answer.blob(), image.name);
      else link.textContent = `${image.name} (not here any more)`;
    });
    return place ? [', ', link] : [link];
  })];
}
function drawVerdict() {
  const value = shown;
  const verdict = props.verification || {};
  const mine = value.target === 'transformers' && verdict.key && verdict.key === value.key;
  const busy = Boolean(verdict.key && verdict.key === value.key && verdict.busy);
  const never = value.target === 'transformers' ? value.unverifiable || '' : '';
  part('verdict').textContent = never || (mine ? verdict.text : '');
  part('verdict').dataset.state = mine ? verdict.state : '';
  act('verify').hidden = value.target !== 'transformers' || Boolean(never) || busy;
  act('verify').disabled = !value.verifiable;
  act('stop').hidden = !busy;
}
function draw() {
  const value = props.value || {};
  if ((value.serial || 0) < (shown.serial || 0)) return;
  shown = value;
  if (value.serial === sent) {
    Object.assign(choice, { lane: value.lane, target: value.target, source: value.source });
  }
  choose(part('lanes'), (value.lanes || []).map((lane) => [lane, `Lane ${lane}`]), value.lane, 'lane');
  choose(part('sources'), value.sources || [], value.source, 'source');
  choose(part('targets'), value.targets || [], value.target, 'target');
  part('state').textContent = value.state || '';
  part('error').textContent = value.error || '';
  const notes = value.notes || [];
  const known = part('known');
  known.hidden = !notes.length;
  if (!toggled) known.open = notes.length < 4;
  known.querySelector('summary').textContent = notes.length === 1 ? 'One thing to know' : `${notes.length} things to know`;
  part('notes').replaceChildren(...notes.map((note) => {
    const item = document.createElement('li');
    item.textContent = note;
    return item;
  }));
  part('images').replaceChildren(...links(value.images || []));
  part('code').replaceChildren(...lines(value.code || '', value.mark));
  for (const name of ['copy', 'download']) act(name).disabled = !value.code;
  act('download').textContent = value.file ? `Download ${value.file}` : 'Download';
  drawVerdict();
}
async function copy() {
  await navigator.clipboard.writeText(shown.code);
  act('copy').textContent = 'Copied';
  setTimeout(() => { act('copy').textContent = 'Copy'; }, 1500);
}
function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
element.addEventListener('click', (event) => {
  const name = event.target.closest('[data-act]')?.dataset.act;
  if (name === 'copy') copy();
  else if (name === 'download') save(new Blob([shown.code], { type: 'text/plain;charset=utf-8' }), shown.file);
  else if (name === 'verify') trigger('verify', { lane: shown.lane });
  else if (name === 'stop') trigger('stop');
});
part('known').querySelector('summary').addEventListener('click', () => { toggled = true; });
// The page says when the inputs or the answers have changed; nobody asks for what nobody looks at.
window.exportFollows?.abort();
window.exportFollows = new AbortController();
document.addEventListener('playground-changed', () => {
  if (element.offsetParent) follow();
}, { signal: window.exportFollows.signal });
watch('value', draw);
watch('verification', drawVerdict);
draw();
follow();
