// Answers side by side as figures: agreement, settings, words, metrics.
const body = element.querySelector('.comparison-body');
function make(tag, text, name) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (name) node.className = name;
  return node;
}
function table(caption, labels, rows) {
  const node = make('table');
  node.createCaption().textContent = caption;
  const head = node.createTHead().insertRow();
  head.append(make('td'), ...labels.map((label) => make('th', label)));
  const inside = node.createTBody();
  for (const row of rows) {
    const line = inside.insertRow();
    line.append(make('th', row.name));
    for (const value of row.values) {
      const cell = line.insertCell();
      cell.textContent = value.text ?? value;
      if (value.share) cell.style.setProperty('--share', value.share);
    }
  }
  const box = make('div', undefined, 'comparison-table');
  box.tabIndex = 0;
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', caption);
  box.append(node);
  return box;
}
function picker(labels, pair) {
  const box = make('div', undefined, 'comparison-pair');
  box.append(make('span', 'Words of'));
  pair.forEach((chosen, place) => {
    const select = make('select');
    select.setAttribute('aria-label', place ? 'Lane compared' : 'Lane compared with');
    for (const label of labels) {
      const option = make('option', label);
      option.selected = label === chosen;
      select.append(option);
    }
    select.addEventListener('change', () => {
      const next = [...pair];
      next[place] = select.value;
      trigger('pick', { pair: next });
    });
    box.append(select);
    if (!place) box.append(make('span', 'against'));
  });
  return box;
}
function draw() {
  const value = props.value || {};
  const labels = value.labels || [];
  element.querySelector('.comparison-verdict').textContent =
    value.verdict || 'Run two lanes or more to compare them.';
  element.querySelector('.comparison-seeds').textContent = value.seeds || '';
  element.querySelector('[data-act=report]').disabled = !labels.length;
  body.textContent = '';
  if (labels.length < 2) return;
  const groups = make('ul', undefined, 'comparison-groups');
  for (const group of value.agreement) {
    const item = make('li');
    item.append(make('b', group.lanes), make('span', group.text));
    groups.append(item);
  }
  const words = make('div', undefined, 'comparison-words');
  for (const piece of value.pieces) {
    words.append(make({ same: 'span', removed: 'del', added: 'ins' }[piece.kind], piece.text));
  }
  const settings = value.settings.length
    ? table('Settings that differ', labels, value.settings)
    : make('p', 'All settings are the same.');
  body.append(
    make('h3', 'Answers, equal ones together'), groups, settings, picker(labels, value.pair), words,
    table('Figures', labels, value.metrics),
    make('p', 'Lanes of one run share the batch and the reading of the prompt: their times overlap and do not add up.', 'comparison-note'),
  );
}
function save() {
  const { html, name } = props.report || {};
  if (!html) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([html], { type: 'text/html' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
element.addEventListener('click', (event) => {
  if (event.target.closest('[data-act=report]')) trigger('report');
});
watch('value', draw);
watch('report', save);
draw();
