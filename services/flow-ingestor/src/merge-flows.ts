import type { Instant } from '@margay/history';

/** What merging knows of a flow: when it was seen. Everything else in it says which flow it is. */
export interface Seen {
  /** First instant at which it was seen. */
  readonly start: Instant;
  /** When it was last seen, or the end of the interval in which it was. */
  readonly end: Instant;
}

const HOUR = 3_600_000_000;

/** Which flow it is, and in which hour it began: flows with one key are merged. */
export function flowKey(flow: Seen): string {
  const identity = Object.entries(flow)
    .filter(([name]) => name !== 'start' && name !== 'end')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `${Math.floor(flow.start / HOUR)} ${JSON.stringify(identity)}`;
}

/**
 * One flow for each distinct flow of an hour, from its first start to its last end; in order of their first appearance.
 *
 * The same set of flows gives the same result in whatever order and however often they come, but for the order.
 */
export function mergeFlows<F extends Seen>(flows: Iterable<F>): Map<string, F> {
  const merged = new Map<string, F>();
  for (const flow of flows) {
    const key = flowKey(flow);
    const before = merged.get(key);
    merged.set(key, before === undefined ? flow : spanning(before, flow));
  }
  return merged;
}

/** The flow over the time of two sightings of it. */
export const spanning = <F extends Seen>(one: F, other: Seen): F => ({
  ...one,
  start: Math.min(one.start, other.start),
  end: Math.max(one.end, other.end),
});

/** True when the time of one sighting lies within that of another. */
export const within = (one: Seen, other: Seen): boolean => one.start >= other.start && one.end <= other.end;
