// The runs of this visit as cards: open one, restore its inputs, or add one of its lanes to the
// comparison with the next run.
import { actButton, make } from '../dom.js';

function laneLine(run, lane) {
  const pin = `Add lane ${lane.label} of run ${run.number} to the comparison`;
  return make(
    'div.run-lane', { title: lane.settings }, make('b', lane.label), make('span', lane.text),
    lane.valid && make('span.run-valid', lane.valid === 'yes' ? 'Valid' : lane.valid),
    actButton('Add to comparison', 'place', { run: run.number, lane: lane.label }, pin),
  );
}
function card(run) {
  const act = (text, name) => actButton(text, name, { run: run.number }, `${text} run ${run.number}`);
  return make(
    'article.run-card',
    make(
      'header', make('b', `Run ${run.number}`), make('time', run.time),
      act('Open', 'open'), act('Restore', 'restore'),
    ),
    run.changes.length > 0 && make('p.run-changes', { title: 'Changes since the previous run' }, run.changes.join(' · ')),
    make('p.run-prompt', run.prompt), run.lanes.map((lane) => laneLine(run, lane)),
  );
}

export function mount({ element, trigger, props, watch }) {
  function draw() {
    const runs = props.value || [];
    element.querySelector('.run-list-empty').hidden = runs.length > 0;
    element.querySelector('.run-cards').replaceChildren(...runs.map(card));
  }
  element.addEventListener('click', (event) => {
    const { act, run, lane = '' } = event.target.closest('[data-act]')?.dataset || {};
    if (act) trigger(act, { run: Number(run), lane });
  });
  watch('value', draw);
  draw();
}
