// Preset buttons, shipped and own: the active one is marked; a changed value says so and can be put
// back. A part is drawn again only where it differs: a press must not lose its button half-way.
const shipped = element.querySelector('[data-group=shipped]');
const own = element.querySelector('.own-presets');
const state = element.querySelector('.preset-state');
const drawn = {}; // what each part was drawn from
function presetButton(preset) {
  const button = make('button', preset.name);
  button.type = 'button';
  button.dataset.key = preset.key;
  button.title = preset.title;
  button.setAttribute('aria-pressed', String(preset.key === props.value));
  return button;
}
function ownButton(preset) {
  const box = make('span', undefined, 'own-preset');
  const more = actButton('⋯', 'menu', `More about preset ${preset.name}`);
  more.dataset.of = preset.key;
  more.setAttribute('aria-expanded', String(preset.key === menuOf));
  box.append(presetButton(preset), more);
  return box;
}
function drawState() {
  state.textContent = '';
  const name = [...props.presets, ...props.own].find((preset) => preset.key === props.value)?.name;
  if (!name) return;
  if (!props.modified.length) {
    state.textContent = `${name} is active.`;
    return;
  }
  const badge = make('span', 'modified', 'preset-modified');
  badge.title = `Changed: ${props.modified.join(', ')}`;
  const restore = make('button', `Restore ${name}`);
  restore.type = 'button';
  restore.dataset.key = props.value;
  state.append(badge, restore);
}
function isNew(part, ...facts) {
  const now = JSON.stringify(facts);
  if (drawn[part] === now) return false;
  drawn[part] = now;
  return true;
}
function draw() {
  const { key, of } = element.contains(document.activeElement) ? document.activeElement.dataset : {};
  const chosen = props.own.find((preset) => preset.key === menuOf);
  if (isNew('shipped', props.value)) shipped.replaceChildren(...props.presets.map(presetButton));
  if (isNew('own', props.value, props.own, menuOf)) own.replaceChildren(...props.own.map(ownButton));
  own.hidden = !props.own.length;
  if (isNew('menu', chosen?.key, chosen?.name)) drawMenu(chosen);
  if (isNew('state', props.value, props.own, props.modified)) drawState();
  if (isNew('broken', props.broken)) drawBroken();
  if (key) element.querySelector(`.presets [data-key="${CSS.escape(key)}"]`)?.focus();
  if (of) element.querySelector(`[data-of="${CSS.escape(of)}"]`)?.focus();
}
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button?.dataset.key) trigger('pick', { key: button.dataset.key });
  else if (button?.dataset.act) OWN_ACTS[button.dataset.act](button);
});
watch(['value', 'modified', 'own', 'broken'], draw);
watch('reply', showReply);
draw();
