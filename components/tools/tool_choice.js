// Whether the answer must be a call: auto, required, or the name of a tool. There where tools are.
import { option } from '../dom.js';

const WORDS = { auto: 'auto: the model decides', required: 'required: a call to any tool' };

// The choices as [value, label]. chosen: stays among them, even if there is no such tool any more.
export function choicesOf(tools, chosen) {
  const known = ['auto', 'required', ...tools];
  const lost = chosen && !known.includes(chosen) ? [[chosen, `${chosen} (not among the tools)`]] : [];
  return [...known.map((value) => [value, WORDS[value] || value]), ...lost];
}

export function mount({ element, trigger, props, watch }) {
  const box = element.querySelector('.tool-choice');
  const select = element.querySelector('select');
  function draw() {
    const { tools, note } = props.status;
    const chosen = props.value || 'auto';
    box.hidden = !tools.length && chosen === 'auto';
    box.dataset.warning = String(Boolean(note));
    element.querySelector('.tool-choice-note').textContent = note;
    const choices = choicesOf(tools, chosen);
    const drawn = [...select.options].map((node) => [node.value, node.text]);
    if (JSON.stringify(choices) !== JSON.stringify(drawn)) {
      select.replaceChildren(...choices.map(([value, label]) => option(value, label, chosen)));
    }
    select.value = chosen;
  }
  select.addEventListener('change', () => {
    props.value = select.value;
    trigger('edit');
  });
  watch(['value', 'status'], draw);
  draw();
}
