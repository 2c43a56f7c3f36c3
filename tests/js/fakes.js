// What the browser has and node has not: storage with a limit, and channels between tabs.
export function storage(most = Infinity) {
  return Object.create({
    getItem(key) { return Object.hasOwn(this, key) ? this[key] : null; },
    setItem(key, value) {
      const others = Object.entries(this).filter(([other]) => other !== key);
      const size = others.reduce((sum, [, text]) => sum + text.length, String(value).length);
      if (size > most) throw new Error('full');
      this[key] = String(value);
    },
    removeItem(key) { delete this[key]; },
  });
}

class Channel {
  static all = [];

  constructor(name) {
    this.name = name;
    Channel.all.push(this);
  }

  postMessage(data) {
    for (const other of Channel.all) {
      if (other !== this && other.name === this.name) other.onmessage?.({ data });
    }
  }
}

// A browser of its own; `tab` gives it another tab.
export function browser({ most } = {}) {
  Channel.all = [];
  set('localStorage', storage(most));
  set('BroadcastChannel', Channel);
  tab();
}
export function tab(session = storage()) {
  set('sessionStorage', session);
}
function set(name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
