import { setTimeout as sleep } from 'node:timers/promises';

/** Groups of the API that have to be looked at. */
export class Nudges {
  #groups = new Set<string>();
  #wake: () => void = () => undefined;

  add(group: string): void {
    this.#groups.add(group);
    this.#wake();
  }

  /** Those that came since the last time. */
  take(): ReadonlySet<string> {
    const taken = this.#groups;
    this.#groups = new Set();
    return taken;
  }

  /** The same, after some have come, the time is over or the signal is aborted. @param milliseconds no limit unless given. */
  async next(signal: AbortSignal, milliseconds?: number): Promise<ReadonlySet<string>> {
    if (this.#groups.size === 0 && !signal.aborted) {
      const over = new AbortController();
      const either = AbortSignal.any([signal, over.signal]);
      this.#wake = () => over.abort();
      // The longest that a timer can be, where there is no limit.
      await sleep(milliseconds ?? 2 ** 31 - 1, undefined, { signal: either }).catch(() => undefined);
    }
    return this.take();
  }
}
