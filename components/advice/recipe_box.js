// A model's own values, prompts and layout. Texts of files and of the server are text nodes.
const box = element.querySelector('.recipes');
let drawn = '';
function part(parent, kind, name, text = '') {
  const node = document.createElement(kind);
  node.className = name;
  node.textContent = text;
  parent.append(node);
  return node;
}
function button(parent, text, press) {
  const node = part(parent, 'button', 'recipe-button', text);
  node.type = 'button';
  node.addEventListener('click', press);
  return node;
}
function examples(row, offer) {
  if (offer.examples.length === 1) {
    const [only] = offer.examples;
    button(row, 'Load its example', () => trigger('example', { key: only.key })).title = only.name;
  } else if (offer.examples.length) {
    const select = part(row, 'select', 'recipe-example');
    select.setAttribute('aria-label', `Load an example for ${offer.name}`);
    for (const one of [{ key: '', name: 'Load an example…' }, ...offer.examples]) {
      const option = part(select, 'option', '', one.name);
      option.value = one.key;
    }
    select.addEventListener('change', () => {
      if (select.value) trigger('example', { key: select.value });
      select.value = '';
    });
  }
}
function details(card, offer) {
  const more = part(card, 'details', 'recipe-more');
  part(more, 'summary', '', 'Prompt, layout and source');
  part(more, 'p', '', `${offer.facts}. ${offer.layout}`);
  for (const system of offer.systems) {
    const text = part(more, 'pre', 'recipe-system', system);
    text.tabIndex = 0;
    text.setAttribute('aria-label', 'System prompt');
  }
  if (offer.note) part(more, 'p', '', offer.note);
  part(more, 'p', 'recipe-source', `Seen: ${offer.seen}`);
}
function draw() {
  const offers = props.value || [];
  if (JSON.stringify(offers) === drawn) return; // what is open stays open
  const open = new Set([...box.querySelectorAll('.recipe')]
    .filter((card) => card.querySelector('details').open).map((card) => card.dataset.key));
  drawn = JSON.stringify(offers);
  box.textContent = '';
  box.hidden = !offers.length;
  for (const offer of offers) {
    const card = part(box, 'div', 'recipe');
    card.dataset.key = offer.key;
    const head = part(card, 'div', 'recipe-head');
    part(head, 'b', 'recipe-name', offer.name);
    part(head, 'small', 'recipe-why', offer.why);
    const values = part(card, 'div', 'recipe-values');
    for (const value of offer.values) part(values, 'span', '', value);
    for (const mark of offer.marks) part(values, 'em', '', mark);
    const row = part(card, 'div', 'recipe-buttons');
    const take = button(row, offer.set ? 'Values are set' : 'Use these values', () =>
      trigger('take', { key: offer.key }));
    take.disabled = offer.set;
    examples(row, offer);
    details(card, offer);
    card.querySelector('details').open = open.has(offer.key);
  }
}
watch('value', draw);
draw();
