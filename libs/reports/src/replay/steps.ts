import type { Instant, Window } from '@margay/ground';
import type { Version } from '@margay/history';

/** All that ends and begins at one instant. */
export interface Step {
  readonly at: Instant;
  readonly ended: readonly Version[];
  readonly begun: readonly Version[];
}

/** Whether the version was valid at some instant of the window. A version that ended as it began was never valid. */
export function isValidIn({ validFrom, validTo = Infinity }: Version, { start, end }: Window): boolean {
  return validFrom < validTo && validFrom < end && start < validTo;
}

/**
 * The instants of the window at which anything changes, in time order. The first is the window's start and begins all
 * that is valid then; what ends with the window or later does not end here.
 */
export function* steps(versions: readonly Version[], window: Window): Generator<Step> {
  const valid = versions.filter((version) => isValidIn(version, window));
  const from = (version: Version): Instant => Math.max(version.validFrom, window.start);
  const to = (version: Version): Instant => version.validTo ?? Infinity;
  const begins = valid.toSorted((a, b) => from(a) - from(b));
  const ends = valid.filter((version) => to(version) < window.end).sort((a, b) => to(a) - to(b));
  let b = 0;
  let e = 0;
  let at = window.start;
  while (at < window.end) {
    const begun: Version[] = [];
    const ended: Version[] = [];
    for (let next = begins[b]; next !== undefined && from(next) === at; next = begins[++b]) begun.push(next);
    for (let next = ends[e]; next !== undefined && to(next) === at; next = ends[++e]) ended.push(next);
    yield { at, ended, begun };
    const [nextBegin, nextEnd] = [begins[b], ends[e]];
    at = Math.min(nextBegin ? from(nextBegin) : Infinity, nextEnd ? to(nextEnd) : Infinity);
  }
}
