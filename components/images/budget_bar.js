// Image budgets in one click, and the warning about splitting that costs more than it saves.
const box = element.querySelector('.budgets');
const warning = element.querySelector('.budget-warning');
function draw() {
  box.replaceChildren(...props.budgets.map((budget) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.key = budget.key;
    button.textContent = budget.name;
    button.title = budget.title;
    button.setAttribute('aria-pressed', String(budget.key === props.active));
    return button;
  }));
  element.querySelector('.budget-note').textContent = props.note || '';
  warning.hidden = !props.warning;
  warning.querySelector('span').textContent = props.warning || '';
}
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.act) trigger('remedy');
  else trigger('pick', { key: button.dataset.key });
});
watch(['active', 'warning', 'note'], draw);
draw();
