// Cards that load a whole example; those of the chosen model come first and name it.
const box = element.querySelector('.scenarios');
let drawn = '';
function draw() {
  const scenarios = props.value || [];
  if (JSON.stringify(scenarios) === drawn) return; // a card keeps its focus
  drawn = JSON.stringify(scenarios);
  box.textContent = '';
  for (const scenario of scenarios) {
    const card = document.createElement('button');
    card.type = 'button';
    card.dataset.key = scenario.key;
    const parts = [['b', scenario.name], ['small', scenario.description], ['small', scenario.model]];
    for (const [kind, text] of parts) {
      if (!text) continue;
      const node = document.createElement(kind);
      node.textContent = text;
      card.append(node);
    }
    if (scenario.model) card.lastElementChild.className = 'scenario-model';
    box.append(card);
  }
}
box.addEventListener('click', (event) => {
  const card = event.target.closest('[data-key]');
  if (card) trigger('pick', { key: card.dataset.key });
});
watch('value', draw);
draw();
