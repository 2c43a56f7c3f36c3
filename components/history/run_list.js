// The runs of this visit as cards: see one again, restore what it was asked with, or place one of
// its lanes beside the next run.
const cards = element.querySelector('.run-cards');
function make(tag, text, name) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (name) node.className = name;
  return node;
}
function button(text, act, run, lane) {
  const node = make('button', text);
  node.type = 'button';
  Object.assign(node.dataset, { act, run: run.number, ...(lane ? { lane } : {}) });
  node.setAttribute('aria-label', lane ? `Pin lane ${lane} of run ${run.number}` : `${text} run ${run.number}`);
  return node;
}
function draw() {
  const runs = props.value || [];
  element.querySelector('.run-list-empty').hidden = runs.length > 0;
  cards.textContent = '';
  for (const run of runs) {
    const card = make('article', undefined, 'run-card');
    const head = make('header');
    head.append(make('b', `Run ${run.number}`), make('time', run.time),
      button('Open', 'open', run), button('Restore', 'restore', run));
    card.append(head, make('p', run.prompt, 'run-prompt'));
    for (const lane of run.lanes) {
      const line = make('div', undefined, 'run-lane');
      line.append(make('b', lane.label), make('span', lane.text), button('Pin beside', 'place', run, lane.label));
      line.title = lane.settings;
      card.append(line);
    }
    cards.append(card);
  }
}
element.addEventListener('click', (event) => {
  const node = event.target.closest('[data-act]');
  if (node) trigger(node.dataset.act, { run: Number(node.dataset.run), lane: node.dataset.lane || '' });
});
watch('value', draw);
draw();
