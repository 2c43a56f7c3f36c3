// What the server tells of an answer's tokens, as one object for each token, and how tokens are coloured.
export const bits = (nats) => nats / Math.LN2;
const changeOf = ({ before, after }) => (before === null || after === null ? null : Math.abs(after - before));

// key: of the value. limits: where levels 1 to 4 begin. low, high: the ends of the legend.
export const COLOURINGS = [
  {
    key: 'probability', label: 'Probability', low: 'sure', high: 'a surprise', limits: [0.4, 0.65, 0.8, 0.9],
    of: ({ before }) => (before === null ? null : 1 - before),
    title: 'How likely the model found the token, before the samplers',
  },
  {
    key: 'surprise', label: 'Surprise', low: 'under 1 bit', high: '8 bits or more', limits: [1, 2, 4, 8],
    of: ({ logprob }) => (logprob === null ? null : bits(-logprob)),
    title: 'Bits that the model needs to encode the token: 1 bit is a chance of 1 in 2, 8 bits of 1 in 256',
  },
  {
    key: 'uncertainty', label: 'Uncertainty', low: 'under 1 bit', high: '4 bits or more', limits: [1, 2, 3, 4],
    of: ({ entropy }) => (entropy === null ? null : bits(entropy)),
    title: 'How undecided the model was before the token, whichever one it then chose (entropy)',
  },
  {
    key: 'rank', label: 'Rank', low: 'the likeliest', high: 'beyond rank 20', limits: [2, 3, 6, 21],
    of: ({ rank }) => rank,
    title: 'The token’s position among all tokens, likeliest first',
  },
  {
    key: 'change', label: 'Changed by the sampler', low: 'under 1 point', high: '50 points or more',
    limits: [0.01, 0.1, 0.25, 0.5], of: changeOf,
    title: 'How far the samplers moved the probability of the token, in percentage points',
  },
];

// 0 to 4; 0 also where the value is not known.
export function levelOf(colouring, token) {
  const value = colouring.of(token);
  return value === null ? 0 : colouring.limits.filter((limit) => value >= limit).length;
}

// The tokens of a value. Each has place, id, text, logprob, rank, entropy (nats), before and after (its
// probabilities), cumulative (of it and all likelier ones), isGiven, and candidates, likeliest first; null where the engine does not tell.
export function tokensOf(value) {
  const { ids = [], texts, logprobs, ranks, entropies, cumulative, candidates, words, removers, given, ends = [] } = value;
  let at = 0;
  return ids.map((id, place) => {
    const mine = [];
    for (const end = at + candidates.counts[place]; at < end; at += 1) {
      mine.push({
        id: candidates.ids[at], text: words[candidates.ids[at]], before: Math.exp(candidates.logprobs[at]),
        after: candidates.probabilities[at], removedBy: removers[candidates.removed[at]], isEnd: ends.includes(candidates.ids[at]),
      });
    }
    const logprob = logprobs[place];
    return {
      place, id, text: texts[place], logprob, rank: ranks[place], entropy: entropies[place],
      cumulative: cumulative[place],
      before: logprob === null ? null : Math.exp(logprob),
      after: mine.find((one) => one.id === id)?.after ?? null, isGiven: place < given, candidates: mine,
    };
  });
}

export function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place += 1) bytes[place] = text.charCodeAt(place);
  return bytes;
}

export const SURPRISE = COLOURINGS.find(({ key }) => key === 'surprise');
export const isControl = (text) => /^<\|.*\|>$/.test(text);
const SIGNS = { ' ': '·', '\n': '⏎', '\r': '␍', '\t': '⇥' };
const signs = (text) => text.replace(/[ \n\r\t]/g, (character) => SIGNS[character]);

// A token's text on one line, with visible white space.
export function visible(text) {
  if (text === '') return '∅';
  return isControl(text) ? text : signs(text);
}
// The parts of a token in the flow of the answer: its leading space, and the rest, with line breaks.
export function flowing(text) {
  const isSpaced = text.startsWith(' ');
  const rest = isSpaced ? text.slice(1) : text;
  return { isSpaced, rest: rest.replace(/[\n\r\t]/g, (c) => (c === '\n' ? '⏎\n' : SIGNS[c])).replace(/ /g, '·') };
}

// Of one table, where the unit is said once.
export function perCent(share) {
  return share > 0 && share < 0.0005 ? '<0.1' : (100 * share).toFixed(1);
}
export function percent(share, digits = 3) {
  if (share === null) return 'unknown';
  if (share > 0 && share < 0.0001) return '< 0.01%';
  return `${Number((100 * share).toPrecision(digits))}%`;
}

export function perplexityText(value) {
  return value >= 1000 ? value.toExponential(1) : value.toFixed(2);
}

// Where chunks of an answer end, so that a browser lays out only those that are seen. A chunk is a block:
// it ends at a line break of the answer where there is one soon enough.
export function chunkEnds(tokens, least = 150, most = 400) {
  const ends = [];
  let start = 0;
  tokens.forEach(({ text }, place) => {
    const count = place + 1 - start;
    const isEnd = (count >= least && text.endsWith('\n')) || count === most || place === tokens.length - 1;
    if (!isEnd) return;
    ends.push(place + 1);
    start = place + 1;
  });
  return ends;
}
