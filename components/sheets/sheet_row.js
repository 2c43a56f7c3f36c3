// A row of a sheet as DOM: its number, its values, and each lane's answer with its mark.
import { button, make } from '../dom.js';
import { markOf } from './sheet_words.js';

const icon = (sign) => make(`span.sheet-mark.${sign}`, document.querySelector(`.sheet-icons .${sign}`).cloneNode(true));
const cellButton = (sign, kind, title, label) => button(sign, { className: kind, tabIndex: -1, title, 'aria-label': label });

function answerNode(row, lane) {
  const cell = row.cells[lane];
  if (!cell) return make('div.sheet-cell.answer', { title: row.problem });
  const { sign, label } = markOf(cell);
  const text = cell.of ? `${cell.of}  ${cell.text}` : cell.text;
  return make(
    'div.sheet-cell.answer', { dataset: { state: cell.state }, title: [cell.text, cell.note].filter(Boolean).join('\n\n') },
    sign && icon(sign), make('span.hidden-text', label), make('span.sheet-text', text),
    cell.state !== 'none' && cellButton('↻', 'sheet-again', 'Run again (R)', 'Run again'),
  );
}

// labels: of the lanes.
export function rowNode(row, labels) {
  const cells = [
    make('div.sheet-cell.number', { title: row.problem }, row.problem && make('span.sheet-problem', '!'), String(row.number),
      cellButton('×', 'sheet-remove', 'Remove the row (Delete)', `Remove row ${row.number}`)),
    ...row.values.map((text, place) => make('div.sheet-cell.value', { title: text }, text, row.cut.includes(place) && '…')),
    ...labels.map((lane) => answerNode(row, lane)),
  ];
  cells.forEach((node, column) => {
    node.setAttribute('role', 'gridcell');
    node.setAttribute('aria-colindex', column + 1);
    node.dataset.column = column;
    node.tabIndex = -1;
  });
  return make('div.sheet-row', { role: 'row', dataset: { problem: row.problem ? 'true' : '' } }, cells);
}
