// The results of a sheet: the rate of each lane over its column, and what may be said of the difference.
import { drawnOnce, make } from '../dom.js';
import { percent } from './sheet_words.js';

export function sheetResults(element) {
  const $ = (name) => element.querySelector(`.sheet-${name}`);
  return drawnOnce(({ sheet, lanes, comparisons, review, done }) => {
    const one = (lane) => make(
      `section.sheet-rate.${lane.label.toLowerCase()}`,
      make('h3', make(`b.sheet-letter.${lane.label.toLowerCase()}`, lane.label), make('span', { title: lane.name }, lane.name)),
      lane.rate === null
        ? make('p.sheet-quiet', sheet.checks.length ? 'No answer to judge yet' : 'No checks: add one to judge the answers')
        : [
          make('p.sheet-big', percent(lane.rate), make('small', `${lane.passed} of ${lane.answers} ${sheet.samples > 1 ? 'answers' : 'rows'} pass`)),
          make('div.sheet-interval', {
            role: 'img', 'aria-label': `95% interval ${percent(lane.low)} to ${percent(lane.high)}`,
            style: `--low: ${100 * lane.low}; --high: ${100 * lane.high}; --at: ${100 * lane.rate}`,
          }, make('i'), make('b')),
          make('p', '95% interval ', make('code', `${Math.round(100 * lane.low)}–${Math.round(100 * lane.high)}`), `% · ${lane.facts}`),
          lane.checks.map((line) => make('p', line)),
        ],
      lane.rate === null && lane.facts && make('p', lane.facts),
      lane.facts && make('p', lane.more),
      lane.review && make('p.sheet-reviewed', lane.review),
    );
    $('rates').replaceChildren(
      make(
        'section.sheet-rate', make('h3', 'Checks'),
        make('div', sheet.checks.map(({ label }) => make('span.sheet-check-tag', label))),
        make('p', { 1: 'A row passes if this check passes.', 0: 'None yet.' }[sheet.checks.length] || 'A row passes if all checks pass.'),
      ),
      ...lanes.map(one),
    );
    const compared = sheet.checks.length && done ? comparisons : [];
    $('verdict').replaceChildren(
      ...compared.map(({ headline, text }) => make('p', make('b', headline), ` ${text}`)),
      ...(review ? [make('p', make('b', 'Blind review.'), ` ${review}`)] : []),
    );
    $('verdict').hidden = !compared.length && !review;
  });
}
