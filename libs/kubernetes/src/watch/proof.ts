import type { Instant } from '@margay/ground';

/**
 * Asks readers to prove that they have told everything up to an instant, which a watch in which nothing happens does by itself
 * only once a minute.
 */
export class Proof {
  readonly #asked = new Set<() => void>();
  #until: Instant = -Infinity;

  /** Up to when it has to be proven. */
  get until(): Instant {
    return this.#until;
  }

  ask(until: Instant): void {
    if (until <= this.#until) return;
    this.#until = until;
    for (const asked of this.#asked) asked();
  }

  /** Calls back when more is asked for, until the returned function is called. */
  onAsk(asked: () => void): () => void {
    this.#asked.add(asked);
    return () => void this.#asked.delete(asked);
  }
}
