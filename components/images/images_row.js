// A row of the sidebar that says which image budget is set, and opens the Images tab.
export function mount({ element, props, watch }) {
  function draw() {
    element.querySelector('.side-row').hidden = !props.state;
    element.querySelector('b').textContent = props.state || '';
  }
  watch('state', draw);
  draw();
}
