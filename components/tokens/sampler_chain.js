// One place's logits through the chain of samplers, computed as Transformers' logits processors do.
// Which samplers there are, and their order, comes from the server (core/samplers.py).

// What all moves of a slider share. logits: Float32Array by token id. seen: ids in the prompt or in the
// answer so far. allowed: a byte for each id, 0 where a constraint forbids it; null: all are allowed.
export function preparedPlace(logits, seen, allowed = null) {
  const isSeen = new Uint8Array(logits.length);
  for (const id of seen) if (id < logits.length) isSeen[id] = 1;
  const order = Uint32Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
  const half = (ids) => ({ ids, scores: Float32Array.from(ids, (id) => logits[id]) });
  return {
    allowed, model: step('model', half(order)),
    seen: half(order.filter((id) => isSeen[id])), unseen: half(order.filter((id) => !isSeen[id])),
  };
}

// The steps from the model's own distribution to the draw. names: of the samplers, as applied.
// Each step has a name, and lists of equal length, likeliest first: ids, scores, probabilities.
// removed: the probability that it removed. isIdle: greedy decoding ignores it.
export function samplerSteps(place, params, names) {
  const steps = [place.model];
  let isHeld = Boolean(place.allowed);
  for (const name of names) {
    const before = () => steps.at(-1);
    if (isHeld && name !== 'repetition_penalty') {
      steps.push(only('constraint', before(), (id) => place.allowed[id]));
      isHeld = false;
    }
    const isIdle = params.temperature === 0 && !['repetition_penalty', 'temperature'].includes(name);
    steps.push(isIdle ? same(name, before(), true) : APPLY[name](before(), params[name], place));
  }
  return steps;
}

const APPLY = {
  repetition_penalty(before, penalty, { seen, unseen }) {
    if (penalty === 1) return same('repetition_penalty', before);
    const by = Math.fround(penalty);
    const scores = seen.scores.map((score) => (score < 0 ? score * by : score / by));
    return step('repetition_penalty', merged({ ...seen, scores }, unseen));
  },
  temperature(before, temperature) {
    if (temperature === 1) return same('temperature', before);
    if (temperature === 0) return first('temperature', before, 1);
    const by = Math.fround(temperature);
    return step('temperature', { ids: before.ids, scores: before.scores.map((score) => score / by) });
  },
  top_k(before, k) {
    const { scores } = before;
    let count = k || scores.length;
    while (count < scores.length && scores[count] === scores[k - 1]) count += 1; // ties stay
    return first('top_k', before, count);
  },
  top_p(before, p) {
    const { probabilities } = before;
    let count = probabilities.length;
    let tail = 0;
    while (p < 1 && count > 1 && (tail += probabilities[count - 1]) <= 1 - p) count -= 1;
    return first('top_p', before, count);
  },
  min_p(before, share) {
    const { probabilities } = before;
    const threshold = share * probabilities[0];
    let count = probabilities.length;
    while (count > 1 && probabilities[count - 1] < threshold) count -= 1;
    return { ...first('min_p', before, count), threshold };
  },
  typical_p(before, mass) {
    if (mass >= 1) return same('typical_p', before);
    const { probabilities } = before;
    const surprise = probabilities.map((probability) => -Math.log(probability));
    const entropy = sum(probabilities.map((p, place) => p && p * surprise[place]));
    const distance = surprise.map((bits) => Math.abs(bits - entropy));
    const near = Uint32Array.from(distance.keys()).sort((a, b) => distance[a] - distance[b]);
    let last = 0;
    let total = probabilities[near[0]];
    while (total < mass && last < near.length - 1) total += probabilities[near[++last]];
    return only('typical_p', before, (_, place) => distance[place] <= distance[near[last]]);
  },
};

function same(name, before, isIdle = false) {
  return { ...before, name, removed: 0, isIdle };
}
function first(name, before, count) {
  if (count >= before.ids.length) return same(name, before);
  const those = (list) => list.subarray(0, count);
  return { ...step(name, { ids: those(before.ids), scores: those(before.scores) }),
    removed: sum(before.probabilities.subarray(count)) };
}
function only(name, before, isKept) {
  const stays = before.ids.map((id, place) => isKept(id, place));
  const those = (list) => list.filter((_, place) => stays[place]);
  return { ...step(name, { ids: those(before.ids), scores: those(before.scores) }),
    removed: sum(before.probabilities.filter((_, place) => !stays[place])) };
}
const sum = (list) => list.reduce((total, one) => total + one, 0);
function step(name, { ids, scores }) {
  const probabilities = new Float64Array(ids.length);
  let total = 0;
  for (let place = 0; place < ids.length; place += 1) {
    total += (probabilities[place] = Math.exp(scores[place] - scores[0]));
  }
  for (let place = 0; place < ids.length; place += 1) probabilities[place] /= total;
  return { name, ids, scores, probabilities, removed: 0, isIdle: false };
}
// Two lists, each by score, as one.
function merged(one, other) {
  const ids = new Uint32Array(one.ids.length + other.ids.length);
  const scores = new Float32Array(ids.length);
  let [a, b] = [0, 0];
  for (let place = 0; place < ids.length; place += 1) {
    const isOne = b === other.ids.length || (a < one.ids.length && one.scores[a] >= other.scores[b]);
    scores[place] = isOne ? one.scores[a] : other.scores[b];
    ids[place] = isOne ? one.ids[a++] : other.ids[b++];
  }
  return { ids, scores };
}

// The probability of a token after a step; null if it is out.
export function probabilityOf({ ids, probabilities }, id) {
  const place = ids.indexOf(id);
  return place < 0 ? null : probabilities[place];
}

// The ids of the rows: the likeliest after the penalty, because no later step changes their order.
// `chosen` is one of them.
export function leadingIds(steps, chosen, count) {
  const { ids } = steps.find(({ name }) => name === 'repetition_penalty') || steps[0];
  const leading = Array.from(ids.subarray(0, count));
  return leading.includes(chosen) || chosen === null ? leading : [...leading.slice(0, count - 1), chosen];
}
