// Why a lane diverges from lane A: a sentence for each of the two, and their candidates at that token.
import { actButton, make } from '../dom.js';

function candidateTable(side) {
  const table = make('table');
  table.createCaption().textContent = `Lane ${side.lane}`;
  const names = ['token', 'before', 'after', 'removed by'];
  table.createTHead().insertRow().append(...names.map((name) => make('th', name)));
  const rows = table.createTBody();
  for (const candidate of side.candidates) {
    const row = rows.insertRow();
    row.className = candidate.kind;
    const { text, before, after, removed_by: remover } = candidate;
    for (const one of [text, before, after, remover]) row.insertCell().textContent = one;
    row.cells[1].style.setProperty('--share', candidate.share);
  }
  return table;
}

export function drawExplanation(box, found, place) {
  box.hidden = !found.lines || found.place !== place;
  if (box.hidden) return;
  box.replaceChildren(
    actButton('Close', 'close'), ...found.lines.map((line) => make('p', line)),
    ...found.sides.map(candidateTable),
  );
}
