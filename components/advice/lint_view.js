// What is wrong before a run, with buttons for what one click can put right.
const list = element.querySelector('.findings');
let drawn = '';
function part(parent, kind, name, text) {
  const node = document.createElement(kind);
  node.className = name;
  node.textContent = text;
  parent.append(node);
  return node;
}
function draw() {
  const findings = props.value || [];
  if (JSON.stringify(findings) === drawn) return; // a button keeps its focus
  drawn = JSON.stringify(findings);
  list.textContent = '';
  list.hidden = !findings.length;
  for (const finding of findings) {
    const item = document.createElement('li');
    item.dataset.rule = finding.rule;
    item.dataset.severity = finding.severity;
    part(item, 'b', 'finding-kind', finding.severity === 'warning' ? 'Warning' : 'Note');
    if (finding.lanes) part(item, 'b', 'finding-lanes', finding.lanes);
    part(item, 'span', 'finding-text', finding.text);
    const row = finding.remedies.length ? part(item, 'div', 'finding-remedies', '') : null;
    for (const label of finding.remedies) {
      const button = part(row, 'button', 'finding-remedy', label);
      button.type = 'button';
      button.addEventListener('click', () =>
        trigger('remedy', { rule: finding.rule, text: finding.text, label }));
    }
    list.append(item);
  }
}
watch('value', draw);
draw();
