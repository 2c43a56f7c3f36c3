// The rendered prompt by surprise: tokens with the bits that a model would have needed for each.
import { counted, figure, make } from '../dom.js';
import { SURPRISE, perplexityText, visible } from '../tokens/token_data.js';
import { TokenStream, legendOf } from '../tokens/token_stream.js';
import { grouped } from './prompt_groups.js';

// The groups as the tokens of a stream. logprobs, ranks: of each token of the prompt, null where it has none.
export function scoredTokens(tokens, { logprobs, ranks }) {
  let next = 0;
  return grouped(tokens).map(({ token, count }, place) => {
    const at = next;
    next += count;
    return {
      place, text: count > 1 ? `${token.text}×${count}` : token.text, id: token.id, kind: token.kind, message: token.place,
      at, logprob: logprobs[at], rank: ranks[at],
    };
  });
}

// All that were scored, in words.
export function sumsOf({ model, logprobs }) {
  const known = logprobs.filter((logprob) => logprob !== null);
  if (!known.length) return 'No token was scored: nothing comes before the first one.';
  const total = known.reduce((sum, logprob) => sum + SURPRISE.of({ logprob }), 0);
  const mean = total / known.length;
  return `${counted(known.length, 'token')} scored by ${model}: ${figure(Number(total.toFixed(1)))} bits total, `
    + `${mean.toFixed(2)} bits per token, perplexity ${perplexityText(2 ** mean)}`;
}

export function figuresOf({ kind, at, logprob, rank }) {
  if (logprob !== null) return `${Math.abs(SURPRISE.of({ logprob })).toFixed(2)} bits · rank ${figure(rank)}`;
  if (kind === 'image') return 'not scored: part of an image';
  return at === 0 ? 'not scored: nothing comes before it' : 'not scored';
}

const whereOf = ({ message }) => (message ? `message ${message}` : 'template');

// box: contains the legend, the figures of one token, and the stream.
export class PromptSurprise {
  constructor(box) {
    this.box = box;
    this.figures = box.querySelector('.prompt-figures');
    this.stream = new TokenStream(box.querySelector('.prompt-stream'), {
      onFocus: (place) => this.tell(place), onHover: (place) => this.tell(place ?? this.stream.at),
    });
    box.querySelector('.tokens-legend').replaceChildren(...legendOf(SURPRISE));
  }

  draw(tokens) {
    this.tokens = tokens;
    this.stream.draw(tokens, 0);
    this.stream.colour(SURPRISE);
    this.stream.nodes.forEach((node, place) => {
      const token = tokens[place];
      const [figures, where] = [figuresOf(token), whereOf(token)];
      node.title = `${figures} · id ${token.id} · ${where}`;
      node.setAttribute('aria-label', `${visible(token.text)}, ${figures.replace(' · ', ', ')}, ${where}`);
    });
    this.tell(0);
  }

  tell(place) {
    const token = this.tokens[place];
    this.figures.replaceChildren(make('b', visible(token.text)), ` ${figuresOf(token)}`);
  }
}
