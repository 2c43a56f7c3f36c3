// Each image with its tile grid and the cost of every tile, or resized as the model sees it.
import { button, make } from '../dom.js';

function overlay(plan) {
  const grid = make('div.tile-grid');
  grid.style.gridTemplate = `repeat(${plan.rows}, 1fr) / repeat(${plan.columns}, 1fr)`;
  const tokens = plan.grid ? plan.tile_tokens : plan.whole_tokens;
  for (let tile = 0; tile < plan.rows * plan.columns; tile += 1) grid.append(make('span', tokens));
  return grid;
}
function picture(image, plan) {
  return make('div.tile-frame', make('img', { src: image.url, alt: image.name }), overlay(plan));
}
// The browser resizes here. The sizes are the processor's; its filter differs in detail.
export function resized(source, [width, height]) {
  const canvas = make('canvas', { width, height });
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, width, height);
  return canvas;
}
function pieces(source, plan) {
  const whole = resized(source, plan.grid);
  const [width, height] = [plan.grid[0] / plan.columns, plan.grid[1] / plan.rows];
  const grid = make('div.tile-pieces');
  grid.style.gridTemplateColumns = `repeat(${plan.columns}, 1fr)`;
  for (let tile = 0; tile < plan.rows * plan.columns; tile += 1) {
    const [row, column] = [Math.floor(tile / plan.columns), tile % plan.columns];
    const canvas = make('canvas', { width, height });
    canvas.getContext('2d').drawImage(whole, -column * width, -row * height);
    grid.append(canvas);
  }
  return grid;
}
function asSeen(image, plan) {
  const holder = make('div.tile-seen', {
    role: 'img', 'aria-label': `${image.name} as the model sees it`,
  });
  const source = new Image();
  source.onload = () => {
    if (plan.grid) holder.append(pieces(source, plan));
    if (!plan.grid || plan.thumbnail) {
      const whole = resized(source, plan.whole);
      whole.className = plan.grid ? 'tile-thumbnail' : 'tile-whole';
      holder.append(whole);
    }
  };
  source.src = image.url;
  return holder;
}
function planNode(image, plan, isAlone, seen) {
  const lanes = `${plan.lanes.length > 1 ? 'Lanes' : 'Lane'} ${plan.lanes}`;
  return make(
    'div.tile-plan', !isAlone && make('b', lanes),
    seen ? asSeen(image, plan) : picture(image, plan),
    make('p.tile-tokens', plan.tokens), make('p', plan.words),
  );
}
function card(image, seen) {
  const isAlone = image.plans.length < 2;
  return make(
    'article.tile-card', make('h3', `${image.name || 'image'} · ${image.where}`),
    image.error && make('p.tile-error', image.error), image.note && make('p', image.note),
    make('div.tile-plans', image.plans.map((plan) => planNode(image, plan, isAlone, seen))),
  );
}

export function mount({ element, trigger, props, watch }) {
  const toggle = element.querySelector('[data-act=seen]');
  const samples = element.querySelector('.tile-samples');
  let seen = false;
  function draw() {
    const images = props.value || [];
    element.querySelector('.tile-empty').hidden = images.length > 0;
    toggle.hidden = !images.length;
    toggle.setAttribute('aria-pressed', String(seen));
    element.querySelector('.tile-list').replaceChildren(...images.map((image) => card(image, seen)));
  }
  samples.hidden = !(props.samples || []).length;
  for (const { name, url } of props.samples || []) {
    const title = `Add ${name} to the last user message`;
    const image = make('img', { src: url, alt: name, loading: 'lazy' });
    const node = button('', { title, 'aria-label': title }, image);
    node.addEventListener('click', () => trigger('sample', { name }));
    samples.append(node);
  }
  toggle.addEventListener('click', () => {
    seen = !seen;
    draw();
  });
  watch('value', draw);
  draw();
}
