// Cards that load a whole example.
const box = element.querySelector('.scenarios');
for (const scenario of props.value || []) {
  const card = document.createElement('button');
  card.type = 'button';
  card.dataset.key = scenario.key;
  const name = document.createElement('b');
  name.textContent = scenario.name;
  const description = document.createElement('small');
  description.textContent = scenario.description;
  card.append(name, description);
  box.append(card);
}
box.addEventListener('click', (event) => {
  const card = event.target.closest('[data-key]');
  if (card) trigger('pick', { key: card.dataset.key });
});
