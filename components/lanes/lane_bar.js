// How many lanes there are, and the set-ups that fill them.
const menu = element.querySelector('.set-ups');
const list = element.querySelector('.set-up-list');
function draw() {
  document.body.dataset.lanes = props.value;
  for (const button of element.querySelectorAll('[data-count]')) {
    button.setAttribute('aria-pressed', String(Number(button.dataset.count) === props.value));
  }
  list.textContent = '';
  for (const setUp of props.set_ups) {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.key = setUp.key;
    button.disabled = Boolean(setUp.missing);
    const name = document.createElement('b');
    name.textContent = setUp.name;
    const note = document.createElement('small');
    note.textContent = setUp.missing || setUp.description;
    button.append(name, note);
    list.append(button);
  }
}
element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.count) {
    props.value = Number(button.dataset.count);
    draw();
    trigger('edit');
  } else {
    menu.open = false;
    trigger('pick', { key: button.dataset.key });
  }
});
closesOnEscape('set-ups', menu, () => {
  menu.open = false;
  menu.querySelector('summary').focus();
});
menu.addEventListener('focusout', (event) => {
  if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});
document.addEventListener('pointerdown', (event) => {
  if (!menu.contains(event.target)) menu.open = false;
});
watch(['value', 'set_ups'], draw);
draw();
