import { type Clock, isoOf, type SignedCheckpoint, timeProblem } from '@margay/ledger';
import type { Told } from './judgement.ts';

/** A head without the cosignatures that say a time at which nobody can have seen it, which is told. */
export function believed<Head extends SignedCheckpoint>(head: Head, clock: Clock, { notShown }: Told): Head {
  const signed = head.signed.filter(({ key, time }) => {
    if (time === undefined) return true;
    const problem = timeProblem(time * 1_000, clock);
    if (problem !== undefined)
      notShown.push(
        `that the witness ${key.name} saw the log of ${head.size} entries: it says that it did at ${isoOf(time * 1_000)}, and ${problem}`,
      );
    return problem === undefined;
  });
  return { ...head, signed };
}
