// What was typed is what is sent. Gradio collects the inputs of an event from a store of its own,
// and a component's script may not have handed over yet what was typed. So every event of the server
// passes its inputs through `liveInputs.values`, in the same task as the key or the click.
class LiveInputs {
  constructor() {
    this.sources = new Map(); // by the input's name
    this.handed = new Map(); // in this task, by the input's name
    addEventListener('pagehide', () => this.handOver(), true);
    document.addEventListener('visibilitychange', () => this.handOver(), true);
  }

  // current: gets Gradio's value and returns the one of the page, handing over what was typed; a
  // component that is shown again offers again, in the place of its old elements.
  offer(name, element, current) {
    this.sources.set(name, { element, current });
  }

  // names: of the inputs, in Gradio's order; '' for one that no script holds back.
  values(names, stored) {
    return stored.map((value, place) => this.value(names[place], value));
  }

  // Gradio reads its store for one event while another one of the same task hands over: what that
  // event has read is old by the time it asks here.
  value(name, stored) {
    const source = this.sources.get(name);
    if (!source?.element.isConnected) return stored;
    const current = source.current(stored);
    if (current !== stored) {
      if (!this.handed.size) setTimeout(() => this.handed.clear());
      this.handed.set(name, current);
    }
    return this.handed.has(name) ? this.handed.get(name) : stored;
  }

  // Before a page is left, and before an act that replaces inputs without reading them.
  handOver() {
    for (const name of this.sources.keys()) this.value(name);
  }
}
const liveInputs = new LiveInputs();

// -- Gradio's own controls -----------------------------------------------------------------------
// Text fields, number boxes and sliders write to the store with each key. The model's name and the
// cells of a table wait until they are left.
function typedChoice(box, choices, stored) {
  if (document.activeElement !== box) return stored;
  const shown = choices.find(([, value]) => value === stored)?.[0] ?? stored ?? '';
  if (box.value === shown) return stored;
  const chosen = choices.find(([label]) => label === box.value);
  return chosen ? chosen[1] : box.value;
}
// By a mouse a cell is left before anything else is pressed; a click by a key or by software leaves it
// here, before Gradio takes its field away.
document.addEventListener('click', (event) => {
  const field = document.activeElement;
  const cell = field?.closest('[data-row][data-col]');
  if (cell && field !== cell && !cell.contains(event.target)) field.blur();
}, true);
function offerModelName() {
  const { choices } = window.gradio_config.components
    .find(({ props }) => props.elem_id === 'model-choice').props;
  liveInputs.offer('model', document.body, (stored) => {
    const box = document.querySelector('#model-choice input');
    return box ? typedChoice(box, choices, stored) : stored;
  });
}
// Gradio moves a slider whose number box is left empty or out of range to the nearest bound without
// a word. Kept from it, the box stays as it was typed, and the server names what is wrong with it.
document.addEventListener('blur', (event) => {
  if (event.target.matches?.('input[data-testid=number-input]')) event.stopPropagation();
}, true);
