// Computes the cases of a JSON file, as test_sampler_chain.py writes them, and prints what is left.
import { readFileSync } from 'node:fs';
import { preparedPlace, samplerSteps } from '../../components/tokens/sampler_chain.js';

const cases = JSON.parse(readFileSync(process.argv[2], 'utf8'));
console.log(JSON.stringify(cases.map(({ logits, seen, allowed, params, names }) => {
  const place = preparedPlace(Float32Array.from(logits), seen, allowed && Uint8Array.from(allowed));
  return samplerSteps(place, params, names).map(({ name, ids, probabilities, removed }) =>
    ({ name, ids: Array.from(ids), probabilities: Array.from(probabilities), removed }));
})));
