// The sampler microscope: the chain of samplers at one token as columns, recomputed as sliders move.
import { actButton, button, figure, make } from '../dom.js';
import { drawSentence, drawsOf, introduction, leftWords, sentenceOf } from './microscope_words.js';
import { leadingIds, preparedPlace, probabilityOf, samplerSteps } from './sampler_chain.js';
import { bytesOf, perCent, percent, visible } from './token_data.js';

const ROWS = 8;
const CHANGED = 0.05; // of its probability; the penalty's effect on others is smaller
const WAITING = 'Reading the logits of this token …';
const NOTE = 'Moving a slider recomputes this token only. Nothing is run.';

const near = (one, other) => Math.abs(one - other) < 1e-9;

// samplers: name, label, minimum, maximum, step and off, in the order in which they are applied. presets:
// name and values. onApply: gets the values.
export class Microscope {
  constructor(box, { samplers, presets, onApply }) {
    this.samplers = samplers;
    this.presets = presets;
    this.onApply = onApply;
    this.values = {};
    this.opened = new Set(); // samplers that were off when they were asked for or changed
    this.intro = make('p');
    this.choices = make('div.seg', { role: 'group', 'aria-label': 'Values to try' });
    this.unused = make('div.scope-unused', { role: 'group', 'aria-label': 'Samplers that are not in use' });
    this.chain = make('div.scope-chain', { tabIndex: 0, role: 'region', 'aria-label': 'The chain of samplers' });
    this.note = make('span', { role: 'status' });
    this.reset = actButton('Reset', 'reset');
    this.apply = actButton('Apply to the sidebar', 'apply');
    box.append(
      make('header', make('h3', 'Sampler microscope'), this.unused, this.intro, make('span.spring'), this.choices),
      this.chain, make('footer', this.note, make('span.spring'), this.reset, this.apply),
    );
    box.addEventListener('input', (event) => this.input(event.target));
    box.addEventListener('change', (event) => { if (event.target.type === 'number') this.update(); });
    box.addEventListener('click', (event) => this.click(event.target.closest('button')));
  }

  // A token to look at; its logits come later. lane: its label. params: of that lane's samplers.
  expect({ token, lane, isAlone, seed, params }) {
    const isOther = lane !== this.lane || JSON.stringify(params) !== JSON.stringify(this.params);
    Object.assign(this, { token, lane, isAlone, seed, params });
    if (isOther) this.values = { ...params };
    this.note.textContent = WAITING;
    this.chain.setAttribute('aria-busy', 'true');
    this.drawChoices();
  }

  // data: logits, seen, allowed and words as the server sends them, or an error.
  show(data) {
    this.chain.setAttribute('aria-busy', 'false');
    this.note.textContent = data.error || NOTE;
    this.chain.hidden = this.unused.hidden = Boolean(data.error);
    if (data.error) return;
    const logits = new Float32Array(bytesOf(data.logits).buffer);
    this.place = preparedPlace(logits, data.seen, data.allowed ? bytesOf(data.allowed) : null);
    this.isSeen = new Set(data.seen);
    this.words = data.words;
    this.intro.textContent = introduction(logits.length);
    this.build();
  }

  // Columns stay while sliders move; only what is in them is drawn anew.
  build() {
    const shown = this.samplers.filter(({ name, off }) => name !== 'typical_p' || this.params[name] !== off);
    this.names = shown.map(({ name }) => name);
    this.fields = {};
    const columns = samplerSteps(this.place, this.values, this.names).map(({ name }) => this.column(name));
    this.columns = [...columns, this.column('draw', 'Draw')];
    this.chain.replaceChildren(...this.columns.map(({ section }) => section));
    this.update();
  }

  column(name, title) {
    const row = this.samplers.find((one) => one.name === name);
    const label = title || row?.label || { model: 'Model', constraint: 'Constraint' }[name];
    const heading = label === 'Repetition penalty' ? 'Repetition' : label;
    const part = (kind) => make(kind);
    const parts = { name, heading, say: part('div.scope-say'), levels: part('div.scope-levels'), left: part('div.scope-left') };
    const field = (type, hint) => row && make('input', {
      type, min: row.minimum, max: row.maximum, step: row.step, 'aria-label': `${row.label}${hint}`, dataset: { name },
    });
    const [box, slider] = [field('number', ''), field('range', ', slider')];
    if (row) this.fields[name] = { box, slider };
    parts.section = make('section.scope-column', { 'aria-label': label },
      make('h4', heading), box, parts.say, slider, parts.levels, parts.left);
    return parts;
  }

  update() {
    const steps = samplerSteps(this.place, this.values, this.names);
    const rows = leadingIds(steps, this.token.id, ROWS);
    const table = steps.map((step) => rows.map((id) => probabilityOf(step, id)));
    const scale = Math.max(...table.flat().map((probability) => probability ?? 0));
    steps.forEach((step, at) => this.drawStep(step, { at, steps, rows, table, scale }));
    this.drawDraw(steps.at(-1), { rows, probabilities: table.at(-1), scale });
    for (const [name, { box, slider }] of Object.entries(this.fields)) {
      const { minimum, maximum } = this.samplers.find((one) => one.name === name);
      if (box !== document.activeElement || !box.matches(':invalid')) box.value = this.values[name];
      slider.value = this.values[name];
      slider.style.setProperty('--at', `${(100 * (this.values[name] - minimum)) / (maximum - minimum)}%`);
    }
    const unused = this.columns.filter(({ section }) => section.hasAttribute('data-unused'));
    this.unused.replaceChildren(...(unused.length ? ['Not in use:'] : []), ...unused.map(({ name, heading }) =>
      actButton(heading, 'open', { name }, `Show ${heading}, which is not in use`)));
    this.drawChoices();
  }

  drawStep(step, { at, steps, rows, table, scale }) {
    const { say, levels, left, section } = this.columns[at];
    const [now, before] = [table[at], table[at - 1]];
    const used = rows.filter((id) => this.isSeen.has(id)).map((id) => visible(this.words[id] ?? '')).slice(0, 2);
    const row = this.samplers.find(({ name }) => name === step.name);
    say.textContent = sentenceOf(step, this.values[step.name], used);
    const isOff = step.isIdle || Boolean(row && near(this.values[step.name], row.off));
    section.toggleAttribute('data-off', isOff);
    section.toggleAttribute('data-unused', isOff && !this.opened.has(step.name)); // left out where there is little room
    const isCut = at > 0 && step.ids.length < steps[at - 1].ids.length;
    const lastKept = now.findLastIndex((probability) => probability !== null);
    levels.replaceChildren(...rows.map((id, place) => {
      const isFaded = step.name === 'repetition_penalty' && this.isSeen.has(id) && before
        && Math.abs(now[place] / before[place] - 1) > CHANGED;
      const arrow = isFaded ? (now[place] < before[place] ? '↓ ' : '↑ ') : '';
      return this.level(id, now[place], {
        width: (now[place] ?? before?.[place] ?? 0) / scale, arrow,
        isCut: isCut && place === lastKept && place < rows.length - 1,
        text: now[place] === null ? 'out' : perCent(now[place]),
      });
    }));
    left.replaceChildren(make('b', figure(step.ids.length)), make('span', leftWords(step, steps[at - 1])));
  }

  drawDraw(step, { rows, probabilities, scale }) {
    const { say, levels, left } = this.columns.at(-1);
    const text = visible(this.token.text);
    say.textContent = drawSentence({
      text, seed: this.seed, isLanes: this.isLanes(), isGreedy: this.values.temperature === 0,
      isGiven: this.token.isGiven,
    });
    levels.replaceChildren(...rows.map((id, place) => {
      const probability = probabilities[place];
      if (probability === null) return make('div.scope-level');
      return this.level(id, probability, { width: probability / scale, text: drawsOf(probability) });
    }));
    const chance = probabilityOf(step, this.token.id) ?? 0;
    left.replaceChildren(make('b', percent(chance)), make('span', `${this.isLanes() ? 'was' : 'is'} the chance of “${text}”`));
  }

  level(id, probability, { width, text, arrow = '', isCut = false }) {
    const bar = make('i');
    bar.style.inlineSize = `${100 * width}%`;
    const word = visible(this.words[id] ?? `id ${id}`).replace(/^·(?=.)/, '');
    const node = make('div.scope-level', { title: `${word}: ${probability === null ? 'out' : percent(probability)}` },
      make('span.scope-box', bar, make('span', word)), make('span.num', `${arrow}${text}`));
    node.toggleAttribute('data-gone', probability === null);
    node.toggleAttribute('data-cut', isCut);
    node.toggleAttribute('data-chosen', id === this.token.id);
    node.toggleAttribute('data-moved', Boolean(arrow));
    return node;
  }

  isLanes() {
    return this.samplers.every(({ name }) => near(this.values[name], this.params[name]));
  }

  drawChoices() {
    const all = [...this.presets, { name: this.isAlone ? 'This answer' : `Lane ${this.lane}`, values: this.params }];
    const isUsed = ({ values }) => this.samplers.every(({ name }) => near(this.values[name], values[name]));
    const used = this.isLanes() ? all.at(-1) : all.find(isUsed);
    this.choices.replaceChildren(...all.map((one, place) =>
      button(one.name, { dataset: { act: 'values', place }, 'aria-pressed': String(one === used) })));
    this.all = all;
    this.reset.disabled = this.isLanes();
  }

  input(field) {
    const { name } = field.dataset;
    field.setAttribute('aria-invalid', String(!field.validity.valid || field.value === ''));
    if (!field.validity.valid || field.value === '') return;
    this.values = { ...this.values, [name]: Number(field.value) };
    this.opened.add(name);
    this.update();
  }

  click(node) {
    const { act, place, name } = node?.dataset || {};
    if (act === 'apply') this.onApply(this.values);
    if (act === 'reset') this.values = { ...this.params };
    if (act === 'values') this.values = { ...this.all[place].values };
    if (act === 'open') this.opened.add(name);
    if (!['reset', 'values', 'open'].includes(act)) return;
    const isFocused = node === document.activeElement;
    this.update();
    if (act === 'open') this.fields[name].box.focus();
    if (isFocused && act === 'values') this.choices.children[place].focus();
  }
}
