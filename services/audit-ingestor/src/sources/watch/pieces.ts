/**
 * Pieces of work that come and go while others go on. When one fails, all are told to end, and the whole fails with its error
 * after all have ended.
 */
export class Pieces<K> {
  readonly #failure = new AbortController();
  readonly #running = new Map<K, { readonly stop: AbortController; readonly done: Promise<void> }>();
  /** Aborted when all have to end. */
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#failure.signal]);
  }

  has(key: K): boolean {
    return this.#running.has(key);
  }

  begin(key: K, work: (signal: AbortSignal) => Promise<void>): void {
    const stop = new AbortController();
    const done = work(AbortSignal.any([this.signal, stop.signal])).catch((error: unknown) => {
      this.#failure.abort(error);
    });
    this.#running.set(key, { stop, done });
  }

  /** Ends one, where it is there. */
  async end(key: K): Promise<void> {
    const piece = this.#running.get(key);
    this.#running.delete(key);
    piece?.stop.abort();
    await piece?.done;
  }

  /** Ends all. Rejects with what the first of them that failed threw. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((key) => this.end(key)));
    if (this.#failure.signal.aborted) throw this.#failure.signal.reason;
  }
}
