import { type Instant, SECOND } from '@margay/ground';
import { TOLD_AT_ONCE } from '@margay/history';

/** What waited comes within this time, unless there is more of it than is read at once. */
const CATCH_UP = 5 * SECOND;

/**
 * What the arrival of events says of what may have waited. After a time in which nothing was heard – the watch was away, or all was quiet,
 * or its connection hung, which nobody can tell from each other – what comes may have waited all that time, and what follows it too.
 */
export class Hearing {
  /** Up to when everything had surely been told before what may have waited. */
  #since: Instant;
  /** What comes until then may have waited. */
  #waitedUntil: Instant;
  #lastAt: Instant;
  /** What was begun late tells what happened meanwhile. */
  #isCatchingUp: boolean;
  readonly #begun: Instant;

  constructor(begun: Instant, resumedAt: Instant) {
    this.#since = resumedAt;
    this.#begun = begun;
    this.#lastAt = begun;
    this.#waitedUntil = begun + CATCH_UP;
    this.#isCatchingUp = begun - resumedAt > 3 * SECOND;
  }

  /**
   * @param told up to when everything was told before. @param isFull more may be there than was read.
   * @returns since when what came in may have waited, and whether more of what happened before the watch was begun may come.
   */
  heard(
    at: Instant,
    told: Instant,
    isFull: boolean,
  ): { readonly since: Instant; readonly isCatchingUp: boolean } {
    if (at >= this.#waitedUntil) {
      this.#isCatchingUp = false;
      this.#since = told;
      if (at - this.#lastAt > TOLD_AT_ONCE) this.#waitedUntil = at + CATCH_UP;
    }
    if (isFull) this.#waitedUntil = at + CATCH_UP;
    this.#lastAt = at;
    return { since: this.#since, isCatchingUp: this.#isCatchingUp };
  }

  /** A bookmark came: what had happened before the watch was begun is told. */
  noteBookmark(): void {
    this.#since = Math.max(this.#since, this.#begun);
  }
}
