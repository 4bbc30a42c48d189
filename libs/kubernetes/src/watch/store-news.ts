import { type Instant, SECOND } from '@margay/ground';

/** That the store behind an API server is another one than before: it was restored from a backup. */
export interface AnotherStore {
  /** What showed it, as words that can follow a colon. */
  readonly reason: string;
  /** It is another one from here on at the latest. */
  readonly at: Instant;
}

/** A store is not restored in so short a time: histories tell what it shows afterwards from what it had shown by this. */
const RESTORED_IN = 3 * SECOND;

/**
 * What those who read of one store learn of it: that it is another one than before, which one of them finds out, concerns all.
 *
 * Mutable, for readers that share a counter of resourceVersions.
 */
export class StoreNews {
  readonly #listeners = new Set<() => void>();
  #latest: AnotherStore | undefined;
  #toldAt: Instant = -Infinity;

  /** When it was last found to be another one; undefined where it never was. */
  get latest(): AnotherStore | undefined {
    return this.#latest;
  }

  /** Something was told of it at this instant. */
  noteTold(at: Instant): void {
    this.#toldAt = Math.max(this.#toldAt, at);
  }

  /** It was found to be another one. */
  tell(reason: string, at: Instant): void {
    this.#latest = { reason, at: Math.max(at, this.#toldAt + RESTORED_IN + 1) };
    for (const told of this.#listeners) told();
  }

  /** For who reads of what may be a store of its own, until the signal: it hears what is told here, and what it tells is not told here. */
  beside(until: AbortSignal): StoreNews {
    const own = new StoreNews();
    const unheard = this.onTold(() => {
      if (this.#latest !== undefined) own.tell(this.#latest.reason, this.#latest.at);
    });
    until.addEventListener('abort', unheard, { once: true });
    return own;
  }

  /** Calls back when it is found to be another one, until the returned function is called. */
  onTold(told: () => void): () => void {
    this.#listeners.add(told);
    return () => void this.#listeners.delete(told);
  }
}
