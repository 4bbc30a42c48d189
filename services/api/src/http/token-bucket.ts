/** How often something may be done. */
export interface Rate {
  /** In the long run. */
  readonly perSecond: number;
  /** At once, after a pause. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  /** When so many were in it, in milliseconds. */
  at: number;
}

const KEYS_MAX = 10_000;

/** A bucket of tokens for each of those who ask, which fills again by itself. Of more than 10,000 those who asked longest ago are forgotten. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param now milliseconds of a clock that never goes back. */
  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Takes one. Gives 0, or the seconds until there is one again: then none was taken. */
  take(key: string): number {
    const bucket = this.#bucket(key);
    if (bucket.tokens < 1) return (1 - bucket.tokens) / this.#rate.perSecond;
    bucket.tokens -= 1;
    return 0;
  }

  /** Gives one back that was taken. */
  giveBack(key: string): void {
    const bucket = this.#bucket(key);
    bucket.tokens = Math.min(this.#rate.burst, bucket.tokens + 1);
  }

  /** The bucket as it is now, as the one that was used last. */
  #bucket(key: string): Bucket {
    const { perSecond, burst } = this.#rate;
    const now = this.#now();
    const known = this.#buckets.get(key) ?? { tokens: burst, at: now };
    known.tokens = Math.min(burst, known.tokens + ((now - known.at) / 1_000) * perSecond);
    known.at = now;
    this.#buckets.delete(key);
    this.#buckets.set(key, known);
    if (this.#buckets.size > KEYS_MAX) this.#buckets.delete(this.#buckets.keys().next().value!);
    return known;
  }
}
