export interface BackoffOptions {
  /** The first wait. */
  readonly initialMilliseconds: number;
  readonly maxMilliseconds: number;
  /** From 0 up to 1: chance, injected. */
  readonly random: () => number;
}

/** Waits that double with every failure, each somewhere between its half and its whole, so that clients spread. */
export class Backoff {
  #failures = 0;
  readonly #options: BackoffOptions;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** How long to wait after one more failure; never less than `atLeast`, which the server may have asked for. */
  next(atLeastMilliseconds = 0): number {
    const { initialMilliseconds, maxMilliseconds, random } = this.#options;
    const whole = Math.min(maxMilliseconds, initialMilliseconds * 2 ** this.#failures++);
    return Math.max(atLeastMilliseconds, Math.round(whole * (0.5 + random() / 2)));
  }

  /** It works again. */
  reset(): void {
    this.#failures = 0;
  }
}
