// A model's recommended values, prompts and layout. Texts from files and the server are text nodes.
import { button, drawnOnce, make, option } from '../dom.js';

function pressed(text, press, facts) {
  const node = button(text, { className: 'recipe-button' }, facts);
  node.addEventListener('click', press);
  return node;
}
function details(offer, open) {
  return make(
    'details.recipe-more', { open }, make('summary', 'Prompt, layout and source'),
    make('p', `${offer.facts}. ${offer.layout}`),
    offer.systems.map((system) =>
      make('pre.recipe-system', { tabIndex: 0, 'aria-label': 'System prompt' }, system)),
    offer.note && make('p', offer.note), make('p.recipe-source', `Source: ${offer.seen}`),
  );
}

export function mount({ element, trigger, props, watch }) {
  const box = element.querySelector('.recipes');
  function examples({ name, examples: all }) {
    const load = (key) => trigger('example', { key });
    if (all.length === 1) {
      return pressed('Load example', () => load(all[0].key), { title: all[0].name });
    }
    if (!all.length) return null;
    const select = make(
      'select.recipe-example', { 'aria-label': `Load an example for ${name}` },
      option('', 'Load an example…'), all.map((one) => option(one.key, one.name)),
    );
    select.addEventListener('change', () => {
      if (select.value) load(select.value);
      select.value = '';
    });
    return select;
  }
  function recipe(offer, open) {
    return make(
      'div.recipe', { dataset: { key: offer.key } },
      make('div.recipe-head', make('b.recipe-name', offer.name), make('small.recipe-why', offer.why)),
      make(
        'div.recipe-values', offer.values.map((value) => make('span', value)),
        offer.marks.map((mark) => make('em', mark)),
      ),
      make(
        'div.recipe-buttons',
        pressed(offer.set ? 'Values in use' : 'Use these values',
          () => trigger('take', { key: offer.key }), { disabled: offer.set }),
        examples(offer),
      ),
      details(offer, open),
    );
  }
  const draw = drawnOnce((offers) => { // what is open stays open
    const open = new Set([...box.querySelectorAll('.recipe')]
      .filter((card) => card.querySelector('details').open).map((card) => card.dataset.key));
    box.hidden = !offers.length;
    box.replaceChildren(...offers.map((offer) => recipe(offer, open.has(offer.key))));
  });
  const drawNow = () => draw(props.value || []);
  watch('value', drawNow);
  drawNow();
}
