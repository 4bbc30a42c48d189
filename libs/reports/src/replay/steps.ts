import type { Instant, Window } from '@margay/ground';
import type { PlayedVersion, UnseenSpan } from '../doubts/played.ts';

/** All that ends and begins at one instant. */
export interface Step {
  readonly at: Instant;
  readonly ended: readonly PlayedVersion[];
  readonly begun: readonly PlayedVersion[];
  readonly unseenEnded: readonly UnseenSpan[];
  readonly unseenBegun: readonly UnseenSpan[];
}

/** What is valid in `[validFrom, validTo)`. */
interface Valid {
  readonly validFrom: Instant;
  readonly validTo?: Instant;
}

/** Whether something was valid at some instant of the window. What ended as it began was never valid. */
export function isValidIn({ validFrom, validTo = Infinity }: Valid, { start, end }: Window): boolean {
  return validFrom < validTo && validFrom < end && start < validTo;
}

/**
 * The instants of the window at which anything changes, in time order. The first is the window's start and begins all
 * that is valid then; what ends with the window or later does not end here.
 */
export function* steps(
  versions: readonly PlayedVersion[],
  window: Window,
  unseen: readonly UnseenSpan[] = [],
): Generator<Step> {
  const turns = new Turns(versions, window);
  const unseenTurns = new Turns(unseen, window);
  let at = window.start;
  while (at < window.end) {
    const { begun, ended } = turns.take(at);
    const { begun: unseenBegun, ended: unseenEnded } = unseenTurns.take(at);
    yield { at, ended, begun, unseenEnded, unseenBegun };
    at = Math.min(turns.next, unseenTurns.next);
  }
}

/** What begins and ends in a window, in time order. */
class Turns<T extends Valid> {
  readonly #begins: readonly T[];
  readonly #ends: readonly T[];
  readonly #start: Instant;
  #b = 0;
  #e = 0;

  constructor(all: readonly T[], window: Window) {
    this.#start = window.start;
    const valid = all.filter((one) => isValidIn(one, window));
    this.#begins = valid.toSorted((a, b) => this.#from(a) - this.#from(b));
    this.#ends = valid.filter((one) => to(one) < window.end).sort((a, b) => to(a) - to(b));
  }

  /** What begins and ends at the instant, which is the next of all. */
  take(at: Instant): { begun: T[]; ended: T[] } {
    const begun: T[] = [];
    const ended: T[] = [];
    for (let next = this.#begins[this.#b]; next && this.#from(next) === at; next = this.#begins[++this.#b])
      begun.push(next);
    for (let next = this.#ends[this.#e]; next && to(next) === at; next = this.#ends[++this.#e])
      ended.push(next);
    return { begun, ended };
  }

  /** The next instant at which something begins or ends. */
  get next(): Instant {
    const [begin, end] = [this.#begins[this.#b], this.#ends[this.#e]];
    return Math.min(begin ? this.#from(begin) : Infinity, end ? to(end) : Infinity);
  }

  #from({ validFrom }: T): Instant {
    return Math.max(validFrom, this.#start);
  }
}

const to = ({ validTo = Infinity }: Valid): Instant => validTo;
