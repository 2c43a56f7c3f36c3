// How much of the context the prompt takes, by role.
import { counted, make } from '../dom.js';

export function mount({ element, trigger, props, watch }) {
  function part([kind, tokens], context) {
    const node = make('i', { dataset: { kind }, title: `${kind}: ${counted(tokens, 'token')}` });
    node.style.width = `${(100 * tokens) / context}%`;
    return node;
  }
  function draw() {
    const value = props.value || {};
    const meter = element.querySelector('.meter');
    const isUntold = Boolean(value.asking && !value.segments.length && !value.warning);
    meter.classList.toggle('asking', isUntold);
    if (value.asking) trigger('ask');
    if (isUntold && meter.classList.contains('told')) return; // the last count stays meanwhile
    meter.classList.toggle('told', Boolean(value.segments?.length));
    const segments = value.segments || [];
    const total = segments.reduce((sum, [, tokens]) => sum + tokens, 0);
    const whole = Math.max(value.context || 1, total);
    const bar = element.querySelector('.meter-bar');
    bar.replaceChildren(...segments.map((segment) => part(segment, whole)));
    bar.classList.toggle('over', total > value.context);
    bar.style.setProperty('--limit', `${(100 * value.context) / whole}%`); // where the context ends
    element.querySelector('.meter-text').textContent = value.text || '';
    const note = element.querySelector('.meter-note');
    note.textContent = value.note || '';
    note.dataset.warning = String(Boolean(value.warning));
  }
  watch('value', draw);
  draw();
}
