// The model in use, and the progress of the one being loaded.
const $ = (name) => element.querySelector(`.model-${name}`);
function draw() {
  const value = props.value || {};
  $('status').dataset.state = value.state || 'none';
  $('name').textContent = value.name || 'No model is loaded';
  $('name').title = value.name || '';
  $('facts').textContent = (value.facts || []).join(' · ');
  $('error').textContent = value.error || '';
  $('demo').hidden = !value.demo;
  $('demo').textContent = value.demo || '';
  $('beside').textContent = value.beside || '';
  $('step').textContent = value.step || '';
  const progress = $('progress');
  progress.hidden = value.state !== 'loading';
  progress.classList.toggle('unknown', value.fraction == null);
  progress.firstElementChild.style.width = `${100 * (value.fraction ?? 1)}%`;
  if (value.fraction == null) progress.removeAttribute('aria-valuenow');
  else progress.setAttribute('aria-valuenow', String(Math.round(100 * value.fraction)));
}
watch('value', draw);
draw();
