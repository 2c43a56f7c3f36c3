// Findings before a run, with buttons for quick fixes.
import { button, drawnOnce, make } from '../dom.js';

export function mount({ element, trigger, props, watch }) {
  const list = element.querySelector('.findings');
  function fixButton({ rule, text }, label) {
    const node = button(label, { className: 'finding-quick-fix' });
    node.addEventListener('click', () => trigger('quick_fix', { rule, text, label }));
    return node;
  }
  const draw = drawnOnce((findings) => {
    list.hidden = !findings.length;
    list.replaceChildren(...findings.map((finding) => make(
      'li', { dataset: { rule: finding.rule, severity: finding.severity } },
      make('b.finding-kind', finding.severity === 'warning' ? 'Warning' : 'Note'),
      finding.lanes && make('b.finding-lanes', finding.lanes),
      make('span.finding-text', finding.text),
      finding.quick_fixes.length > 0
        && make('div.finding-quick-fixes', finding.quick_fixes.map((label) => fixButton(finding, label))),
    )));
  });
  const drawNow = () => draw(props.value || []);
  watch('value', drawNow);
  drawNow();
}
