import { type Interval, keyText } from '@margay/ground';
import type { Version } from '@margay/history';
import type { SightsByKey } from './sights.ts';
import type { WideDoubt } from './wide-doubts.ts';

/** Which names were seen or written in the times that some doubts are about alone. */
export class Touched {
  readonly #names = new Map<Interval, ReadonlySet<string>>();

  constructor(versions: readonly Version[], open: readonly WideDoubt[], sights: SightsByKey) {
    for (const { onlyTouchedIn: time, until } of open) {
      if (time === undefined) continue;
      const names = new Set<string>();
      for (const [name, { at }] of sights.from(time.start)) if (at < time.end) names.add(name);
      for (const version of versions) if (isTouched(version, time, until)) names.add(keyText(version));
      this.#names.set(time, names);
    }
  }

  /** Whether a doubt leaves a version open, as far as what was touched is concerned. */
  isOpen(version: Version, { onlyTouchedIn: time }: WideDoubt): boolean {
    return time === undefined || this.#names.get(time)?.has(keyText(version)) === true;
  }
}

/** Whether it begins or ends then, or its numbers seem to go back by what was told then. */
function isTouched(
  { validFrom, validTo = Infinity, restored }: Version,
  { start, end }: Interval,
  until: number,
): boolean {
  const isIn = (at: number) => start <= at && at < end;
  const seemsRestored = restored !== undefined && restored.start < until && start < restored.end;
  return isIn(validFrom) || isIn(validTo) || seemsRestored;
}
