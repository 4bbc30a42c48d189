import { ACTIVE_MAX } from '@margay/kubernetes';
import type { Instant, Window } from '@margay/ground';
import { nextTick } from '@margay/reports';

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
