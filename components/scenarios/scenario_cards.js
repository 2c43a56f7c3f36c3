// Cards that load a complete example. Those of the chosen model come first and name it.
import { button, drawnOnce, make } from '../dom.js';

export function mount({ element, trigger, props, watch }) {
  const box = element.querySelector('.scenarios');
  const draw = drawnOnce((scenarios) => box.replaceChildren(...scenarios.map((scenario) => button(
    '', { dataset: { key: scenario.key, missing: scenario.missing, event: scenario.sheet ? 'sheet' : 'pick' } }, scenario.name && make('b', scenario.name),
    make('small', scenario.missing || scenario.description || ''),
    scenario.model && make('small.scenario-model', scenario.model),
  ))));
  const drawNow = () => draw(props.value || []);
  box.addEventListener('click', (event) => {
    const card = event.target.closest('[data-key]');
    if (card) trigger(card.dataset.event, { key: card.dataset.key });
  });
  watch('value', drawNow);
  drawNow();
}
