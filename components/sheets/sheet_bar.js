// The bar of a sheet: its name, what its run is doing, and what can be done with it.
import { actButton, counted, drawnOnce, make } from '../dom.js';
import { closesAsMenu } from '../escape_key.js';
import { buttonsOf, progressSaid, stateOf } from './sheet_words.js';

const FORMS = [['csv', 'CSV'], ['jsonl', 'JSONL'], ['xlsx', 'XLSX'], ['html', 'HTML report'], ['yaml', 'YAML, to run without a page']];

export function sheetBar(element, signal) {
  const $ = (name) => element.querySelector(`.sheet-${name}`);
  const menu = make('details.sheet-menu', make('summary', 'Export'),
    make('div', FORMS.map(([form, name]) => actButton(name, 'save_as', { form }))));
  closesAsMenu('sheet export', menu, signal);
  const [title, tag, progressText, fill] = [make('h2'), make('span.sheet-tag'), make('span.sheet-quiet'), make('i')];
  const progressBar = make('span.sheet-progress', { role: 'progressbar', 'aria-label': 'Answers', 'aria-valuemin': 0, 'aria-valuemax': 100 }, fill);
  const [runButtons, checksButton] = [make('span.sheet-acts'), actButton('Checks', 'checks')];
  const reviewButton = actButton('Review', 'review', {}, 'Blind review');
  $('bar').append(actButton('‹ Sheets', 'list'), title, tag, progressText, progressBar, make('span.spring'),
    runButtons, actButton('+ Rows', 'rows'), checksButton, reviewButton, actButton('Settings', 'settings'), menu);
  const drawRunButtons = drawnOnce(({ acts, first }) => runButtons.replaceChildren(...acts.map(([act, name], place) => {
    const node = actButton(name, act);
    if (!place && first) node.className = 'sheet-primary';
    return node;
  })));
  const drawSaid = drawnOnce((said) => {
    $('said').replaceChildren(...said.map((line) => (line.act ? actButton(line.text, line.act) : make('span', line))));
    $('said').hidden = !said.length;
  });
  function draw(answer, notes, differs) {
    const { sheet, progress } = answer;
    const { word, tone } = stateOf(progress);
    const share = progress.total ? progress.done / progress.total : 0;
    title.textContent = title.title = sheet.name;
    tag.textContent = word;
    tag.dataset.tone = tone;
    progressText.textContent = progressSaid(progress);
    progressBar.setAttribute('aria-valuenow', Math.round(100 * share));
    fill.style.width = `${100 * share}%`;
    reviewButton.hidden = !progress.done;
    checksButton.textContent = `Checks: ${sheet.checks.length}`;
    drawRunButtons({ acts: buttonsOf(progress, differs), first: !differs });
    drawSaid([
      progress.why, ...notes,
      answer.unchecked && `Checking answers: ${counted(answer.unchecked, 'row')} to go.`,
      differs && 'The prompt, settings or lanes on the page differ from this sheet’s.',
      differs && { text: 'Use the sheet’s on the page', act: 'open' },
    ].filter(Boolean));
  }
  return { draw, closeMenu: () => { menu.open = false; } };
}
