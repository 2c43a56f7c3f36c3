// The model in use as one row that opens the picker, and the progress of a model that is being loaded.
import { stored } from '../dom.js';

const DISMISSED = 'playground_demo_note';

export function mount({ element, props, watch }) {
  const $ = (name) => element.querySelector(`.model-${name}`);
  let open = null; // by hand; without a choice, the picker is open while no model is loaded
  let dismissed = stored(() => localStorage.getItem(DISMISSED));
  function draw() {
    const value = props.value || {};
    const state = value.state || 'none';
    $('status').dataset.state = state;
    $('name').textContent = value.name || 'No model is loaded';
    $('name').title = value.name || '';
    $('facts').textContent = (value.facts || []).join(' · ');
    for (const name of ['error', 'second', 'step']) $(name).textContent = value[name] || '';
    $('demo').firstElementChild.textContent = value.demo || '';
    $('demo').hidden = !value.demo || Boolean(dismissed);
    const progress = $('progress');
    progress.hidden = state !== 'loading';
    progress.classList.toggle('unknown', value.fraction == null);
    progress.firstElementChild.style.width = `${100 * (value.fraction ?? 1)}%`;
    if (value.fraction == null) progress.removeAttribute('aria-valuenow');
    else progress.setAttribute('aria-valuenow', String(Math.round(100 * value.fraction)));
    const shown = open ?? (state === 'none');
    $('row').setAttribute('aria-expanded', String(shown));
    document.body.classList.toggle('model-open', shown);
  }
  $('row').addEventListener('click', () => {
    open = $('row').getAttribute('aria-expanded') !== 'true';
    draw();
  });
  element.querySelector('[data-act=dismiss]').addEventListener('click', () => {
    dismissed = 'yes';
    stored(() => localStorage.setItem(DISMISSED, dismissed));
    draw();
  });
  watch('value', draw);
  draw();
}
