/** What the times of others are held against. */
export interface Clock {
  /** The time here, in milliseconds since 1970. */
  readonly now: number;
  /** The end of the window of the report that they saw, RFC 3339; absent where it is not known that they saw one. */
  readonly windowEnd?: string;
}

/** So far apart the clocks of two who sign may be. */
export const APART_MILLISECONDS = 10 * 60_000;
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

/** Milliseconds since 1970 as RFC 3339. */
export const isoOf = (milliseconds: number): string => new Date(milliseconds).toISOString();
