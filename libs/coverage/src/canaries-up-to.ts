import type { Instant } from '@margay/ground';
import { SEEN_WITHIN } from './canary-proof.ts';
import { CanaryRuns, runOf } from './canary-runs.ts';
import type { Canary, CanaryRun } from './canary.ts';

/**
 * So many of those that come too late to say more are kept, of each API server and state, since their writer's clock may have been set
 * forth by the first of them: those behind it tell how much time went by. Of the shortest interval, and a clock that is set twice.
 */
const LATE_MAX = 12;

/**
 * The canaries that say something of a window: those up to its end, and of each API server and state those behind it up to the one by
 * which the last of the window should have come, and a few more.
 */
export class CanariesUpTo {
  readonly #runs: CanaryRuns;
  readonly #last: Instant;
  /** The first of those that come too late to say more, of each API server and state, by sequence. */
  readonly #late = new Map<string, Canary[]>();

  /** @param until the window's end; Infinity for all of them. */
  constructor(until: Instant) {
    this.#runs = new CanaryRuns(until);
    this.#last = until + SEEN_WITHIN;
  }

  add(canary: Canary): void {
    const { state, writer, server, sequence, at, since = at } = canary;
    if (since < this.#last) return this.#runs.add(runOf(canary));
    const key = `${state} ${writer} ${server}`;
    const known = this.#late.get(key) ?? [];
    this.#late.set(key, known);
    const i = known.findLastIndex((one) => one.sequence <= sequence);
    if (known[i]?.sequence === sequence) known[i] = at < known[i].at ? canary : known[i];
    else known.splice(i + 1, 0, canary);
    if (known.length > LATE_MAX) known.pop();
  }

  /** By state, writer, server and sequence. */
  all(): CanaryRun[] {
    for (const canary of [...this.#late.values()].flat()) this.#runs.add(runOf(canary));
    return this.#runs.all();
  }
}
