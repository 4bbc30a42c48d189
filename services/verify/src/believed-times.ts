import type { SignedCheckpoint } from '@margay/ledger';
import type { Told } from './judgement.ts';

/** What the times of others are held against. */
export interface Clock {
  /** The time here, in milliseconds since 1970. */
  readonly now: number;
  /** The end of the window of the report that they saw, RFC 3339; absent where it is not known that they saw one. */
  readonly windowEnd?: string;
}

/** So far apart two clocks may be. */
const APART_MILLISECONDS = 10 * 60_000;
/** No log of reports is older, in milliseconds since 1970. */
const FIRST_LOG = Date.UTC(2025, 0, 1);

/** Why somebody cannot have seen a log at a time, in milliseconds since 1970; undefined where he can. */
export function timeProblem(time: number, { now, windowEnd }: Clock): string | undefined {
  const wrong = 'a clock was wrong, or somebody made it up';
  if (time > now + APART_MILLISECONDS) return `here it is ${isoOf(now)}: ${wrong}`;
  if (time < FIRST_LOG) return `no log of reports is as old as that: ${wrong}`;
  if (windowEnd !== undefined && time < Date.parse(windowEnd) - APART_MILLISECONDS)
    return `the window of the report in it ended at ${windowEnd}: ${wrong}`;
  return undefined;
}

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

/** Milliseconds since 1970 as RFC 3339. */
export const isoOf = (milliseconds: number): string => new Date(milliseconds).toISOString();
