import { Cron, CronPattern } from 'croner';
import { DAY, HOUR, type Instant } from '@margay/ground';

/** How many values the minute field of a schedule may have: two reports an hour. */
export const MINUTES_MAX = 2;

const OPTIONS = { mode: '5-part', sloppyRanges: true } as const;

/**
 * What is wrong with a schedule, or undefined. A schedule is classic cron with five fields, in UTC, with at most two values in
 * the minute field, that comes due at some time.
 */
export function scheduleProblem(schedule: string): string | undefined {
  let minutes: number;
  try {
    minutes = new CronPattern(schedule, 'UTC', OPTIONS).minute.filter(Boolean).length;
  } catch (error) {
    // What is quoted stands behind a colon, a bracket or a quotation mark.
    const [why = ''] = String((error as Error).message)
      .replace(/^CronPattern: /, '')
      .split(/[:('"]/);
    return `not a cron expression of five fields: ${why.trim()}`;
  }
  if (minutes > MINUTES_MAX)
    return `has ${minutes} values in the minute field; at most ${MINUTES_MAX} are allowed`;
  return nextTick(schedule, 0) === undefined ? 'never comes due: no day of any year fits' : undefined;
}

/**
 * The first instant after `after` at which the schedule comes due, or undefined where it never does. Ticks are whole minutes,
 * UTC: each ends one window and starts the next. Throws where `scheduleProblem` finds the text to be no schedule.
 */
export function nextTick(schedule: string, after: Instant): Instant | undefined {
  const reference = new Date(Math.floor(after / 1000));
  const tick = new Cron(schedule, { ...OPTIONS, timezone: 'UTC', paused: true }).nextRun(reference);
  return tick === null ? undefined : tick.getTime() * 1000;
}

/** Looked at first, before an instant: schedules have at most two ticks an hour. */
const FIRST_LOOK = HOUR;
/** Of any schedule that comes due at all, two ticks are at most so far apart: February 29th around a century's end. */
const LONGEST = 3_000 * DAY;

/** The last instant up to `at`, itself included, at which the schedule comes due, or undefined where it never does. */
export function lastTick(schedule: string, at: Instant): Instant | undefined {
  for (let look = FIRST_LOOK; look < 2 * LONGEST; look *= 2) {
    let last: Instant | undefined;
    for (
      let tick = nextTick(schedule, at - look);
      tick !== undefined && tick <= at;
      tick = nextTick(schedule, tick)
    )
      last = tick;
    if (last !== undefined) return last;
  }
  return undefined;
}
