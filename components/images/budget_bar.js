// Image budgets with what the attached images cost, and a warning if splitting costs more than it saves.
import { button, counted, drawnOnce, make } from '../dom.js';

export function mount({ element, trigger, props, watch }) {
  const warning = element.querySelector('.budget-warning');
  const drawBudgets = drawnOnce(({ budgets, active }) => {
    const most = Math.max(1, ...budgets.map(({ tokens }) => tokens || 0));
    element.querySelector('.budgets').replaceChildren(...budgets.map(({ key, name, description, title, tokens }) => {
      const bar = tokens != null && make('span.budget-cost', { 'aria-hidden': 'true' }, make('i'));
      if (bar) bar.firstChild.style.width = `${100 * tokens / most}%`;
      const cost = tokens == null ? '' : counted(tokens, 'token');
      const facts = { 'aria-label': [name, cost].filter(Boolean).join(', '), 'aria-description': description };
      return button('', { title, dataset: { key }, 'aria-pressed': String(key === active), ...facts },
        make('b', name), cost && make('span.budget-tokens', cost), bar, make('small', description));
    }));
  });
  function draw() {
    drawBudgets({ budgets: props.budgets, active: props.active });
    element.querySelector('.budget-note').textContent = props.note || '';
    warning.hidden = !props.warning;
    warning.querySelector('span').textContent = props.warning || '';
  }
  element.addEventListener('click', (event) => {
    const node = event.target.closest('button');
    if (!node) return;
    if (node.dataset.act) trigger('quick_fix');
    else trigger('pick', { key: node.dataset.key });
  });
  watch(['budgets', 'active', 'warning', 'note'], draw);
  draw();
}
