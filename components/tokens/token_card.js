// The card of one token: its figures, and what else could have been chosen, before and after the samplers.
import { button, make } from '../dom.js';
import { bits, perCent, percent, visible } from './token_data.js';

const REMOVERS = { constraint: 'the constraint', temperature: 'temperature 0' };
const WITHOUT = 'The model reports nothing more about this token.';
const GREEDY = { disabled: true, title: 'At temperature 0 every seed gives the same tokens' };
const SCALES = ['before', 'after'];

// What removed a candidate, in words; empty if nothing did.
function removerOf({ removedBy }, labels) {
  return removedBy && (REMOVERS[removedBy] || labels[removedBy] || removedBy);
}

// Why no branch can begin with a candidate; empty if one can.
export function refusalOf({ isEnd, removedBy }) {
  if (isEnd) return 'ends the answer, so no branch can continue from it';
  return removedBy === 'constraint' ? 'no branch can continue from it' : '';
}

// labels: of the samplers, by name. canBranch: whether a candidate can be chosen instead. params: of the
// lane's samplers.
export function drawCard(card, token, { labels, canBranch, params }) {
  card.setAttribute('aria-label', `Token ${token.place + 1}`);
  card.replaceChildren(
    make('header', make('b', visible(token.text)), make('span', { id: 'token-figures' }, figures(token))),
    make('p.token-sums', sums(token)),
    make('div.token-candidates', { role: 'group', 'aria-label': 'Candidates' }, candidateRows(token, labels, canBranch)),
    make('p', notes(token, labels, canBranch)),
    canBranch && make('p.token-redraw', 'Regenerate from here: ',
      button('new seed', { dataset: { act: 'redraw', seed: 'new' } }, params?.temperature === 0 && GREEDY),
      button('same seed', { dataset: { act: 'redraw', seed: 'same' }, title: 'The tokens before this one are taken as given, so the random draws start over here' })),
  );
}

function figures({ place, rank, before, after }) {
  const chance = after === null ? percent(before) : `${percent(before)} → ${percent(after)}`;
  return [`token ${place + 1}`, rank && ` · rank ${rank.toLocaleString('en')}`, ' · ', make('span.num', chance)];
}
function sums({ entropy, logprob, cumulative, isGiven }) {
  return [
    isGiven && 'given, not drawn',
    logprob !== null && `logprob ${logprob > -0.0005 ? '0.000' : logprob.toFixed(3)}`,
    entropy !== null && `uncertainty ${bits(entropy).toFixed(2)} bits`,
    cumulative !== null && `cumulative ${percent(cumulative)}`,
  ].filter(Boolean).join(' · ');
}

function candidateRows(token, labels, canBranch) {
  const most = Math.max(...token.candidates.flatMap((one) => SCALES.map((name) => one[name])), 1e-9);
  return token.candidates.map((one) => {
    const isChosen = one.id === token.id;
    const remover = removerOf(one, labels);
    const after = one.after ? `${perCent(one.after)}%` : 'out';
    const parts = [
      make('span.token-text', visible(one.text)),
      make('span.token-bars', bar('before', one.before / most), bar('after', one.after / most)),
      make('span.num', make('span', perCent(one.before)), '% → ', after),
    ];
    const refusal = canBranch && !isChosen && refusalOf(one);
    const title = [`id ${one.id}`, remover && `removed by ${remover}`, refusal].filter(Boolean).join(' · ');
    const said = `${visible(one.text)}, ${percent(one.before)}, then ${one.after ? percent(one.after) : `out, ${title}`}`;
    if (!canBranch || isChosen || refusal) {
      return make('div.token-candidate', { title }, isChosen && { 'aria-current': 'true' }, parts);
    }
    return button('', {
      className: 'token-candidate', title: `${title} · branch here`, dataset: { act: 'branch', id: one.id },
      'aria-label': `Branch here with ${said}`,
    }, parts);
  });
}
function bar(kind, share) {
  const node = make(`i.${kind}`);
  node.style.inlineSize = `${100 * share}%`;
  return node;
}

function notes({ candidates }, labels, canBranch) {
  if (!candidates.length) return WITHOUT;
  const removers = [...new Set(candidates.map((one) => removerOf(one, labels)).filter(Boolean))];
  return [
    removers.length && `Out: removed by ${removers.join(', ')}.`, canBranch && 'Choose one to branch.',
  ].filter(Boolean).join(' ');
}
