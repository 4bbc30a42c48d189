/** So long something is said after it was noted last, in milliseconds. */
const SAID = 3_600_000;

/** What was noted within the last hour, each by its name: at the most so many, those that were noted last. */
export class Lately<T> {
  readonly #max: number;
  readonly #now: () => number;
  /** Those that were noted last are at the end. */
  readonly #noted = new Map<string, { readonly value: T; readonly at: number }>();

  /** @param max who forges messages names as many as he likes. @param now milliseconds of the clock. */
  constructor(max: number, now: () => number) {
    this.#max = max;
    this.#now = now;
  }

  note(name: string, value: T): void {
    this.drop(name);
    this.#noted.set(name, { value, at: this.#now() });
    if (this.#noted.size > this.#max) this.drop([...this.#noted.keys()][0]!);
  }

  drop(name: string): void {
    this.#noted.delete(name);
  }

  values(): T[] {
    const since = this.#now() - SAID;
    return [...this.#noted.values()].flatMap(({ value, at }) => (at > since ? [value] : []));
  }
}
