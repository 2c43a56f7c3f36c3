// Preset buttons: the active one is marked; a changed slider says so and can be put back.
const box = element.querySelector('.presets');
const state = element.querySelector('.preset-state');
function draw() {
  const { presets, modified, value: active } = props;
  box.textContent = '';
  for (const preset of presets) {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.key = preset.key;
    button.textContent = preset.name;
    button.title = `${preset.description}\n${preset.values}\nSource: ${preset.source}, ${preset.date}`;
    button.setAttribute('aria-pressed', String(preset.key === active));
    box.append(button);
  }
  state.textContent = '';
  const name = presets.find((preset) => preset.key === active)?.name;
  if (!name) return;
  if (!modified.length) {
    state.textContent = `${name} is active.`;
    return;
  }
  const badge = document.createElement('span');
  badge.className = 'preset-modified';
  badge.textContent = 'modified';
  badge.title = `Changed: ${modified.join(', ')}`;
  const restore = document.createElement('button');
  restore.type = 'button';
  restore.dataset.key = active;
  restore.textContent = `Restore ${name}`;
  state.append(badge, restore);
}
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-key]');
  if (button) trigger('pick', { key: button.dataset.key });
});
watch(['value', 'modified'], draw);
draw();
