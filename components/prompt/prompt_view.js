// The rendered prompt, token by token: as text with marked control tokens, as token ids, or by surprise.
import { make } from '../dom.js';
import { Questions } from '../questions.js';
import { grouped } from './prompt_groups.js';
import { PromptSurprise, scoredTokens, sumsOf } from './prompt_surprise.js';

const VISIBLE = { '\n': '⏎\n', '\t': '⇥\t' };
const SCORING = 'The model of lane A reads the prompt …';
const CHANGED = 'The prompt or its model has changed since it was coloured.';

export function shownText({ token, count }, view) {
  const times = count > 1 ? ` × ${count}` : '';
  if (view === 'ids') return `${token.id}${times} `;
  return token.text.replace(/[\n\t]/g, (character) => VISIBLE[character]) + times;
}

// What is shown: the view that was chosen, unless its values belong to another prompt; the sentence about
// the scoring; and the sums of the values. found: the server's answer, an error or values.
export function shownState({ key }, { view, found, isScoring }) {
  const isMine = Boolean(key) && found.key === key;
  const isColoured = view === 'surprise' && isMine && Boolean(found.logprobs);
  let said = isScoring ? SCORING : found.error || '';
  if (!said && view === 'surprise' && !isColoured) said = CHANGED;
  return { shown: view === 'surprise' && !isColoured ? 'text' : view, said, sums: isColoured ? sumsOf(found) : '' };
}

// That of the model in use, then those of further models that lanes use.
export const promptsOf = (value) => [value || {}, ...(value?.others || [])];

export function tokenTitle({ id, place }, placed) {
  if (!placed) return `id ${id}`;
  return `id ${id}${place ? ` · message ${place}` : ' · template'}`;
}

export function mount({ element, trigger, props, watch }) {
  const part = (name) => element.querySelector(`.${name}`);
  const surprise = new PromptSurprise(part('prompt-surprise'));
  const questions = new Questions(props.surprise);
  let view = 'text';
  let found = props.surprise || {};
  let isScoring = false;
  let model = ''; // whose prompt shows; that of the model in use where no lane has it
  const told = new Map(); // by model, the last prompt that its server has told
  let drawn = null; // the answer that the stream shows

  function tokenNode(group) {
    const { token } = group;
    return make(
      'span', { className: `prompt-token ${token.kind}`, title: tokenTitle(token, shownPrompt().placed) },
      shownText(group, shownNow().shown),
    );
  }
  const offered = () => promptsOf(props.value);
  const chosen = () => offered().find((one) => one.model === model) || offered()[0];
  const shownPrompt = () => told.get(chosen().model) || {};
  const shownNow = () => {
    const isOther = chosen() !== offered()[0]; // only the prompt of the model in use is scored
    return shownState(shownPrompt(), { view: isOther && view === 'surprise' ? 'text' : view, found, isScoring });
  };
  function keep() {
    for (const one of offered()) if (!one.asking) told.set(one.model, one);
    const names = offered().map((one) => one.model);
    for (const name of told.keys()) if (!names.includes(name)) told.delete(name);
    const select = part('prompt-model');
    if (names.join('\n') !== [...select.options].map((option) => option.value).join('\n')) {
      select.replaceChildren(...names.map((name) => make('option', { value: name }, name)));
    }
    select.value = chosen().model;
    select.hidden = names.length < 2;
  }
  function draw() {
    const value = shownPrompt();
    const { shown, said, sums } = shownNow();
    part('prompt-summary').textContent = [value.summary, sums].filter(Boolean).join('. ');
    part('prompt-note').textContent = chosen().note || '';
    part('prompt-tokens').toggleAttribute('data-asking', Boolean(chosen().asking));
    element.querySelector('[data-view=surprise]').hidden = chosen() !== offered()[0];
    part('prompt-scoring').textContent = said;
    for (const button of element.querySelectorAll('button[data-view]')) {
      button.setAttribute('aria-pressed', String(button.dataset.view === shown));
    }
    const isColoured = shown === 'surprise';
    part('prompt-surprise').hidden = !isColoured;
    part('prompt-tokens').hidden = isColoured;
    if (isColoured) {
      if (drawn !== found) surprise.draw(scoredTokens(value.tokens, found));
      drawn = found;
      return;
    }
    part('prompt-tokens').dataset.view = shown;
    part('prompt-tokens').replaceChildren(...grouped(value.tokens || []).map(tokenNode));
  }
  function choose(chosen) {
    view = chosen;
    if (chosen === 'surprise' && !isScoring && shownNow().shown !== chosen) {
      isScoring = true;
      found = {};
      trigger('score', questions.next());
    }
    draw();
  }
  element.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button) choose(button.dataset.view);
  });
  part('prompt-model').addEventListener('change', ({ target }) => {
    model = target.value;
    draw();
  });
  watch('value', () => {
    keep();
    if (found.error && found.key !== props.value?.key) [found, view] = [{}, 'text'];
    draw();
  });
  watch('surprise', () => {
    if (!questions.takes(props.surprise)) return;
    found = props.surprise;
    isScoring = !questions.isLatest(found);
    if (found.error) view = 'text';
    draw();
  });
  keep();
  draw();
}
