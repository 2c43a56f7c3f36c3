// How many lanes there are, and the templates that fill them.
import { button, make } from '../dom.js';
import { closesAsMenu } from '../escape_key.js';
import { fit, revealAnswers } from '../shell.js';

export function mount({ element, trigger, props, watch, signal }) {
  const menu = element.querySelector('.lane-templates');
  function draw() {
    document.body.dataset.lanes = props.value;
    fit();
    for (const node of element.querySelectorAll('[data-count]')) {
      node.setAttribute('aria-pressed', String(Number(node.dataset.count) === props.value));
    }
    element.querySelector('.lane-template-list').replaceChildren(...props.templates.map((template) => button(
      '', { disabled: Boolean(template.missing), dataset: { key: template.key } },
      make('b', template.name), make('small', template.missing || template.description),
    )));
  }
  element.addEventListener('click', (event) => {
    const node = event.target.closest('button');
    if (!node) return;
    revealAnswers();
    if (node.dataset.count) {
      props.value = Number(node.dataset.count);
      draw();
      trigger('edit');
    } else {
      menu.open = false;
      menu.querySelector('summary').focus();
      trigger('pick', { key: node.dataset.key });
    }
  });
  closesAsMenu('templates', menu, signal);
  watch(['value', 'templates'], draw);
  draw();
}
