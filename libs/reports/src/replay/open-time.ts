import { formatInstant, type Instant } from '@margay/ground';
import type { Intervals } from '../report.ts';

/** How many intervals of a kind an endpoint has at most. */
export const INTERVALS_MAX = 20;

/** Gathers the intervals in which something was so. Told in time order. */
export class OpenTime {
  readonly #intervals: { readonly from: Instant; readonly to: Instant }[] = [];
  #more = 0;
  #since: Instant | undefined;

  /** From this instant on it is so, or not. */
  set(is: boolean, at: Instant): void {
    if (is) {
      this.#since ??= at;
      return;
    }
    if (this.#since === undefined) return;
    this.#keep(this.#since, at);
    this.#since = undefined;
  }

  /** Whether it never was so. */
  get never(): boolean {
    return this.#since === undefined && this.#intervals.length === 0;
  }

  shown(): Intervals {
    return {
      intervals: this.#intervals.map(({ from, to }) => ({
        from: formatInstant(from),
        to: formatInstant(to),
      })),
      more: this.#more,
    };
  }

  #keep(from: Instant, to: Instant): void {
    if (this.#intervals.length < INTERVALS_MAX) this.#intervals.push({ from, to });
    else this.#more++;
  }
}
