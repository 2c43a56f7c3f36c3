// How much of the context the prompt takes, by role.
const bar = element.querySelector('.meter-bar');
function draw() {
  const value = props.value || {};
  bar.textContent = '';
  for (const [kind, tokens] of value.segments || []) {
    const part = document.createElement('i');
    part.dataset.kind = kind;
    part.style.width = `${(100 * tokens) / value.context}%`;
    part.title = `${kind}: ${tokens.toLocaleString('en')} tokens`;
    bar.append(part);
  }
  element.querySelector('.meter-text').textContent = value.text || '';
  const note = element.querySelector('.meter-note');
  note.textContent = value.note || '';
  note.dataset.warning = String(Boolean(value.warning));
}
watch('value', draw);
draw();
