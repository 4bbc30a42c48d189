import type { Instant } from '@margay/ground';
import { SEEN_WITHIN } from './canary-proof.ts';
import { CanaryRuns, runOf } from './canary-runs.ts';
import type { Canary, CanaryRun } from './canary.ts';

/**
 * The canaries that say something of a window: those up to its end, and of each API server and state those behind it up to the one by
 * which the last of the window should have come.
 */
export class CanariesUpTo {
  readonly #runs: CanaryRuns;
  readonly #last: Instant;
  /** The first of those that come too late to say more, of each API server and state. */
  readonly #late = new Map<string, Canary>();

  /** @param until the window's end; Infinity for all of them. */
  constructor(until: Instant) {
    this.#runs = new CanaryRuns(until);
    this.#last = until + SEEN_WITHIN;
  }

  add(canary: Canary): void {
    const { state, writer, server, sequence, at, since = at } = canary;
    if (since < this.#last) return this.#runs.add(runOf(canary));
    const key = `${state} ${writer} ${server}`;
    const known = this.#late.get(key);
    if (known === undefined || at < known.at || (at === known.at && sequence < known.sequence))
      this.#late.set(key, canary);
  }

  /** By state, writer, server and sequence. */
  all(): CanaryRun[] {
    for (const canary of this.#late.values()) this.#runs.add(runOf(canary));
    return this.#runs.all();
  }
}
