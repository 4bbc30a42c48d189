import { ACTIVE_MAX } from '@margay/kubernetes';
import type { Instant, Window } from '@margay/ground';
import { lastTick, nextTick } from '@margay/reports';

export interface DueInput {
  /** Five-field cron, UTC: each tick ends one window and starts the next. */
  readonly schedule: string;
  readonly suspend?: boolean;
  /** Where the next window starts: the end of the one before, or the instant the GlobalReport appeared. */
  readonly from: Instant;
  readonly now: Instant;
  /** Microseconds that a window waits after its end, so that late evidence can arrive. */
  readonly startDelay: number;
  /** Windows of this report that are emitted and neither completed nor failed. */
  readonly active: number;
}

/**
 * The windows of one report to emit now, in time order: gapless and without overlap.
 *
 * After an outage or a suspension every missed window comes, but never more at a time than may be active. A window
 * that its delay holds back holds back those behind it, so the order is kept.
 */
export function dueWindows({ schedule, suspend, from, now, startDelay, active }: DueInput): Window[] {
  if (suspend) return [];
  const windows: Window[] = [];
  let start = from;
  while (active + windows.length < ACTIVE_MAX) {
    const end = nextTick(schedule, start);
    if (end === undefined || end + startDelay > now) break;
    windows.push({ start, end });
    start = end;
  }
  return windows;
}

/**
 * The start of the first window that a schedule would have had since `since` and that ends behind the first evidence: ticks that
 * nothing is known of make no windows.
 */
export function pastStart(schedule: string, since: Instant, firstEvidence: Instant): Instant {
  return Math.max(since, lastTick(schedule, firstEvidence) ?? since);
}

export interface PastInput {
  readonly schedule: string;
  /** The first window's start, see {@link pastStart}. */
  readonly start: Instant;
  /** Where the windows begin that there are already. */
  readonly end: Instant;
  /** At most so many are wanted. */
  readonly most: number;
}

/** The windows that a schedule would have had before those that there are, the newest first: without a gap, up to a number. */
export function pastWindows({ schedule, start, end, most }: PastInput): Window[] {
  const windows: Window[] = [];
  for (let to = end; to > start && windows.length < most;) {
    const from = Math.max(start, lastTick(schedule, to - 1) ?? start);
    windows.push({ start: from, end: to });
    to = from;
  }
  return windows;
}

/** Every window of a schedule from `start` on that ends by `until`, in time order. */
export function scheduledWindows(schedule: string, start: Instant, until: Instant): Window[] {
  const windows: Window[] = [];
  for (let from = start; ;) {
    const end = nextTick(schedule, from);
    if (end === undefined || end > until) return windows;
    windows.push({ start: from, end });
    from = end;
  }
}
