// Each image with its tile grid and the price of every tile, or resized as the model gets it.
const list = element.querySelector('.tile-list');
const toggle = element.querySelector('[data-act=seen]');
let seen = false;
function make(tag, text, name) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (name) node.className = name;
  return node;
}
function overlay(plan) {
  const grid = make('div', undefined, 'tile-grid');
  grid.style.gridTemplate = `repeat(${plan.rows}, 1fr) / repeat(${plan.columns}, 1fr)`;
  const tokens = plan.grid ? plan.tile_tokens : plan.whole_tokens;
  for (let tile = 0; tile < plan.rows * plan.columns; tile += 1) grid.append(make('span', tokens));
  return grid;
}
function picture(image, plan) {
  const frame = make('div', undefined, 'tile-frame');
  const source = make('img');
  source.src = image.url;
  source.alt = image.name;
  frame.append(source, overlay(plan));
  return frame;
}
// The browser resizes here; the processor's own filter differs in detail, its sizes are these.
function resized(source, [width, height]) {
  const canvas = make('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, width, height);
  return canvas;
}
function asSeen(image, plan) {
  const holder = make('div', undefined, 'tile-seen');
  const source = new Image();
  source.onload = () => {
    if (plan.grid) {
      const whole = resized(source, plan.grid);
      const side = [plan.grid[0] / plan.columns, plan.grid[1] / plan.rows];
      const grid = make('div', undefined, 'tile-pieces');
      grid.style.gridTemplateColumns = `repeat(${plan.columns}, 1fr)`;
      for (let row = 0; row < plan.rows; row += 1) {
        for (let column = 0; column < plan.columns; column += 1) {
          const tile = make('canvas');
          [tile.width, tile.height] = side;
          tile.getContext('2d').drawImage(whole, -column * side[0], -row * side[1]);
          grid.append(tile);
        }
      }
      holder.append(grid);
    }
    if (!plan.grid || plan.thumbnail) {
      const whole = resized(source, plan.whole);
      whole.className = plan.grid ? 'tile-thumbnail' : 'tile-whole';
      holder.append(whole);
    }
  };
  source.src = image.url;
  holder.setAttribute('role', 'img');
  holder.setAttribute('aria-label', `${image.name} as the model gets it`);
  return holder;
}
function draw() {
  const images = props.value || [];
  element.querySelector('.tile-empty').hidden = images.length > 0;
  toggle.hidden = !images.length;
  toggle.setAttribute('aria-pressed', String(seen));
  list.replaceChildren(...images.map((image) => {
    const card = make('article', undefined, 'tile-card');
    card.append(make('h3', `${image.name || 'image'} · ${image.where}`));
    if (image.error) card.append(make('p', image.error, 'tile-error'));
    if (image.note) card.append(make('p', image.note));
    const plans = make('div', undefined, 'tile-plans');
    for (const plan of image.plans) {
      const part = make('div', undefined, 'tile-plan');
      if (image.plans.length > 1) part.append(make('b', `${plan.lanes.length > 1 ? 'Lanes' : 'Lane'} ${plan.lanes}`));
      part.append(
        seen ? asSeen(image, plan) : picture(image, plan),
        make('p', plan.tokens, 'tile-tokens'), make('p', plan.words),
      );
      plans.append(part);
    }
    card.append(plans);
    return card;
  }));
}
const samples = element.querySelector('.tile-samples');
samples.hidden = !(props.samples || []).length;
for (const sample of props.samples || []) {
  const button = make('button');
  const image = make('img');
  Object.assign(image, { src: sample.url, alt: sample.name, loading: 'lazy' });
  button.type = 'button';
  button.title = `Add ${sample.name} to the last user message`;
  button.setAttribute('aria-label', button.title);
  button.append(image);
  button.addEventListener('click', () => trigger('sample', { name: sample.name }));
  samples.append(button);
}
toggle.addEventListener('click', () => {
  seen = !seen;
  draw();
});
watch('value', draw);
draw();
