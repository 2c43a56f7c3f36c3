// The Sheet tab in words: what a run is doing, and what its buttons do.
import { counted, figure } from '../dom.js';

export const isGoing = (state) => state === 'running' || state === 'pausing';
export const percent = (rate) => `${Math.round(100 * rate)}%`;

export function timeIn(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(seconds / 3600).toFixed(1)} h`;
}
// tone: good, going, warn or quiet.
export function stateOf({ state, done, total, judging }) {
  if (state === 'running') return { word: judging ? 'Judging' : 'Running', tone: 'going' };
  if (state === 'pausing') return { word: 'Pausing', tone: 'warn' };
  if (state === 'paused') return { word: 'Paused', tone: 'warn' };
  if (!done) return { word: 'Not run yet', tone: 'quiet' };
  return done < total ? { word: 'Not finished', tone: 'warn' } : { word: 'Finished', tone: 'good' };
}
export function progressSaid({ state, done, total, rate, left, seconds, judging }) {
  if (!total) return '';
  if (done === total && !isGoing(state)) {
    return `${counted(done, 'answer')}${seconds ? ` in ${timeIn(seconds)}` : ''}`;
  }
  const parts = [`${figure(done)} of ${counted(total, judging ? 'verdict' : 'answer')}`];
  if (state === 'running' && rate) parts.push(`${rate.toFixed(rate < 10 ? 1 : 0)} per second`);
  if (state === 'running' && left !== null) parts.push(`${timeIn(left)} left`);
  return parts.join(' · ');
}
// The buttons of a run: the act and the word of each. differs: whether the page has another prompt or
// other lanes than the answers.
export function buttonsOf({ state, done, total, failed, unjudged }, differs) {
  if (state === 'running') return [['pause', 'Pause'], ['stop', 'Stop']];
  if (state === 'pausing') return [['stop', 'Stop']];
  if (state === 'paused') return [['resume', 'Resume'], ['stop', 'Stop']];
  const buttons = [];
  if (differs) buttons.push(['run', 'Run with this prompt']);
  else if (done < total) buttons.push(['run', done ? `Run ${figure(total - done)} more` : `Run ${counted(total, 'answer')}`]);
  if (unjudged && !differs && done === total) buttons.push(['judge', `Judge ${counted(unjudged, 'answer')}`]);
  if (failed && !differs) buttons.push(['failed', `Rerun ${figure(failed)} failed`]);
  return buttons;
}
export const FILTERS = [
  ['all', 'All'], ['fails', 'A lane fails'], ['disagree', 'Lanes disagree'], ['errors', 'Errors'],
  ['reviewers', 'Reviewers disagree'],
];
// Pixels for each column of values, from the texts that are on the page; together at least `least`.
export function widthsOf(columns, rows, least) {
  const widths = columns.map((name, place) => {
    const longest = Math.max(name.length, ...rows.map(({ values }) => values[place].length));
    return Math.min(260, Math.max(90, Math.round(7.4 * longest) + 28));
  });
  const total = widths.reduce((sum, one) => sum + one, 0);
  if (widths.length && total < least) widths[widths.length - 1] += least - total;
  return widths;
}
export function markOf({ state, of }) {
  return {
    passes: { sign: 'ok', label: of ? `${of} pass` : 'passes' },
    fails: { sign: 'no', label: of ? `${of} pass` : 'fails' },
    error: { sign: 'error', label: 'failed' },
    open: { sign: '', label: '' },
    none: { sign: '', label: 'not run yet' },
  }[state];
}
