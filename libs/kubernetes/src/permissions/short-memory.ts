interface Remembered<V> {
  readonly value: Promise<V>;
  readonly until: number;
}

/**
 * Answers that are remembered for some seconds, so that a page of a hundred questions asks each of them once, and a
 * permission that is taken away is gone seconds later.
 *
 * Who asks while the answer is under way gets the same one. What fails is not remembered.
 */
export class ShortMemory<V> {
  readonly #answers = new Map<string, Remembered<V>>();
  readonly #milliseconds: number;
  readonly #now: () => number;

  /** @param now milliseconds of any clock that never goes back. */
  constructor(milliseconds: number, now: () => number) {
    this.#milliseconds = milliseconds;
    this.#now = now;
  }

  get(question: string, ask: () => Promise<V>): Promise<V> {
    const now = this.#now();
    const known = this.#answers.get(question);
    if (known && now < known.until) return known.value;
    this.#forgetOld(now);
    const value = ask();
    this.#answers.set(question, { value, until: now + this.#milliseconds });
    value.catch(() => {
      if (this.#answers.get(question)?.value === value) this.#answers.delete(question);
    });
    return value;
  }

  get size(): number {
    return this.#answers.size;
  }

  /** Answers stand in the order in which they were given: the old ones come first. */
  #forgetOld(now: number): void {
    for (const [question, { until }] of this.#answers) {
      if (until > now) return;
      this.#answers.delete(question);
    }
  }
}
