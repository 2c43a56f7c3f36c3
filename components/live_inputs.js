// Events send what was typed. Gradio collects the inputs of an event from its own store, and a
// component's script may not have handed over the typed text yet. Therefore every server event passes
// its inputs through `liveInputs.values`, in the same task as the key or the click.
export class LiveInputs {
  constructor() {
    this.sources = new Map(); // by the input's name
    this.handed = new Map(); // in this task, by the input's name
  }

  // current: gets Gradio's value, hands over what was typed, and returns the page's value. A component
  // that is shown again registers again, and replaces its old elements.
  offer(name, element, current) {
    this.sources.set(name, { element, current });
  }

  // names: of the inputs, in Gradio's order; '' for an input without a script.
  values(names, stored) {
    return stored.map((value, place) => this.value(names[place], value));
  }

  // Gradio may read its store for one event while another event of the same task hands over. What the
  // first event read is then out of date.
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

  // Called before a page is left, and before an action that replaces inputs without reading them.
  handOver() {
    for (const name of this.sources.keys()) this.value(name);
  }
}
export const liveInputs = new LiveInputs();

export function handOverOnLeaving(signal) {
  const handOver = () => liveInputs.handOver();
  window.addEventListener('pagehide', handOver, { capture: true, signal });
  document.addEventListener('visibilitychange', handOver, { capture: true, signal });
}

// -- Gradio's own controls -----------------------------------------------------------------------
// Text fields, number boxes and sliders write to the store with each key. The model name and table
// cells write only when they lose the focus.
function typedChoice(box, choices, stored) {
  if (document.activeElement !== box) return stored;
  const shown = choices.find(([, value]) => value === stored)?.[0] ?? stored ?? '';
  if (box.value === shown) return stored;
  const chosen = choices.find(([label]) => label === box.value);
  return chosen ? chosen[1] : box.value;
}
export function offerModelName() {
  const { choices } = window.gradio_config.components
    .find(({ props }) => props.elem_id === 'model-choice').props;
  liveInputs.offer('model', document.body, (stored) => {
    const box = document.querySelector('#model-choice input');
    return box ? typedChoice(box, choices, stored) : stored;
  });
}
export function keepGradiosFields(signal) {
  // What is typed into the model picker replaces the name there, like in any picker.
  document.addEventListener('focusin', ({ target }) => {
    if (target.matches?.('#model-choice input')) setTimeout(() => target.select());
  }, { signal });
  // A mouse click removes the focus from a cell first. A click by a key or by software does not, so the
  // focus is removed here, before Gradio removes the field.
  document.addEventListener('click', (event) => {
    const field = document.activeElement;
    const cell = field?.closest('[data-row][data-col]');
    if (cell && field !== cell && !cell.contains(event.target)) field.blur();
  }, { capture: true, signal });
  // If a slider's number box is empty or out of range, Gradio silently moves the slider to the nearest
  // bound. This stops it: an emptied box gets its last value back, and one that is out of range keeps
  // what was typed, marked; the server reports it.
  const isNumber = (field) => field.matches?.('input[data-testid=number-input]');
  let before = '';
  document.addEventListener('focus', ({ target }) => {
    if (isNumber(target)) before = target.value;
  }, { capture: true, signal });
  document.addEventListener('blur', (event) => {
    const { target } = event;
    if (!isNumber(target)) return;
    event.stopPropagation();
    if (target.value !== '' || before === '') return;
    target.value = before;
    target.dispatchEvent(new Event('input', { bubbles: true }));
  }, { capture: true, signal });
}
