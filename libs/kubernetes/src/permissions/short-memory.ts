import { LRUCache } from 'lru-cache';

/** Of answers that stand for seconds; beyond it those not used for longest are asked for again. */
const ANSWERS_MAX = 10_000;

/**
 * Answers that are remembered for some seconds, so that a page of a hundred questions asks each of them once, and a
 * permission that is taken away is gone seconds later.
 *
 * Who asks while the answer is under way gets the same one. What fails is not remembered.
 */
export class ShortMemory<V> {
  readonly #answers: LRUCache<string, Promise<V>>;

  /** @param now milliseconds of any clock that never goes back. */
  constructor(milliseconds: number, now: () => number) {
    // The clock is asked each time, and is never 0, which would count as no time at all.
    const perf = { now: () => now() + 1 };
    this.#answers = new LRUCache({ max: ANSWERS_MAX, ttl: milliseconds, ttlResolution: 0, perf });
  }

  get(question: string, ask: () => Promise<V>): Promise<V> {
    const known = this.#answers.get(question);
    if (known !== undefined) return known;
    const value = ask();
    this.#answers.set(question, value);
    value.catch(() => {
      if (this.#answers.peek(question) === value) this.#answers.delete(question);
    });
    return value;
  }
}
