// Two costs of Gradio 6 that every page pays, without their effect on it. Both stand here before Gradio's
// own script runs.

// With each message of an event Gradio copies the properties of every component that an event had as an
// input: tens of thousands of copies in a second of an answer, by `structuredClone`. A text or a number is
// its own copy. A function can't be copied; an error that is made once is thrown sooner than a new one.
export function withCheapCopies(structuredClone) {
  const refusal = new DOMException('A function or a symbol can not be cloned.', 'DataCloneError');
  return (value, options) => {
    if (typeof value === 'function' || typeof value === 'symbol') throw refusal;
    return value === null || typeof value !== 'object' ? value : structuredClone(value, options);
  };
}

// Gradio wraps its configuration in Svelte's proxies, and then reads every listener once for each
// component. Svelte leaves an array of any other class as it is; nothing ever changes a listener.
class Unwatched extends Array {}
export function unwatch(list) {
  if (Array.isArray(list)) Object.setPrototypeOf(list, Unwatched.prototype);
}

// The clock of Gradio's first loading screen asks for 60 frames a second as long as the page is open. From
// `stop()` on, the next frame that a status tracker asks for within a second is not given; every other is.
export class Frames {
  constructor(requestAnimationFrame) {
    this.give = requestAnimationFrame;
    this.until = -Infinity;
    this.request = this.request.bind(this);
  }

  request(callback) {
    if (performance.now() < this.until && /statustracker/.test(new Error().stack)) {
      this.until = -Infinity;
      return 0;
    }
    return this.give(callback);
  }

  stop() {
    this.until = performance.now() + 1000;
  }
}
