import type { Instant } from './instant.ts';

/** `[start, end)`: `start` belongs to it, `end` to the next one. */
export interface Interval {
  readonly start: Instant;
  readonly end: Instant;
}

/** The interval that one run of a report is about. */
export type Window = Interval;

/** The union of intervals: in time order, neither overlapping nor touching. */
export function joined(intervals: readonly Interval[]): Interval[] {
  const union: { start: Instant; end: Instant }[] = [];
  for (const { start, end } of [...intervals].sort((a, b) => a.start - b.start)) {
    const last = union.at(-1);
    if (start >= end) continue;
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else union.push({ start, end });
  }
  return union;
}

/** What of the window lies in no interval. @param covered as `joined` gives them. */
export function gapsIn(window: Window, covered: readonly Interval[]): Interval[] {
  const gaps: Interval[] = [];
  let at = window.start;
  for (const { start, end } of covered) {
    if (start > at) gaps.push({ start: at, end: Math.min(start, window.end) });
    at = Math.max(at, end);
    if (at >= window.end) return gaps;
  }
  if (at < window.end) gaps.push({ start: at, end: window.end });
  return gaps;
}
