// The lanes' answers as their panes draw them, for the demo page, and whether each is its own: after
// another example was chosen, what still arrives belongs to the one before, until a new run begins.
const BUSY = ['waiting', 'queued', 'prefill', 'streaming'];
export const isBusy = (value) => BUSY.includes(value?.status);

export class DemoLanes {
  constructor() {
    this.lanes = new Map(); // by label
    this.changed = () => {};
  }

  // isStale: the question or the settings have changed since.
  take(label, value, isStale) {
    const { isOwn = true, wasIdle = true } = this.lanes.get(label) || {};
    const begins = !isOwn && wasIdle && isBusy(value);
    this.lanes.set(label, {
      value, isStale, isOwn: isOwn || begins, wasIdle: wasIdle || !isBusy(value),
    });
    this.changed(label);
  }

  // Another example was chosen.
  leave() {
    for (const [label, lane] of this.lanes) {
      this.lanes.set(label, { ...lane, isOwn: false, wasIdle: !isBusy(lane.value) });
    }
  }

  // The lane's answer to what is asked now; null while there is none.
  of(label) {
    const lane = this.lanes.get(label);
    return lane?.isOwn && lane.value?.status && lane.value.status !== 'idle' ? lane : null;
  }
}
export const demoLanes = new DemoLanes();
