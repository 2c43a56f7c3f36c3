// Preset buttons, shipped and own: the active one is marked; a changed value says so and can be put
// back. Redrawn only where something is new, so that a button keeps the focus of the keyboard.
const shipped = element.querySelector('[data-group=shipped]');
const own = element.querySelector('.own-presets');
const state = element.querySelector('.preset-state');
let drawn = '';
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
function draw() {
  const now = JSON.stringify([props.value, props.modified, props.own, props.broken, menuOf]);
  if (now === drawn) return;
  drawn = now;
  const { key, of } = element.contains(document.activeElement) ? document.activeElement.dataset : {};
  shipped.replaceChildren(...props.presets.map(presetButton));
  own.replaceChildren(...props.own.map(ownButton));
  own.hidden = !props.own.length;
  drawMenu();
  drawState();
  drawBroken();
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
