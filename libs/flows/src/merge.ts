import { HOUR, type Instant } from '@margay/ground';
import { endParts } from './contacts.ts';
import { flowOf, type Flow } from './flow.ts';

/** `[startAt, endAt)`: when something was seen without a pause. */
export interface Seen {
  readonly startAt: Instant;
  readonly endAt: Instant;
}

/** Who talked to whom and how that was judged, in which hour it began: flows with one key may be merged. */
export function flowKey({
  startAt,
  reporter,
  action,
  source,
  destination,
}: Omit<Flow, 'id' | 'endAt'>): string {
  const hour = Math.floor(startAt / HOUR);
  return JSON.stringify([hour, reporter, action, ...endParts(source), ...endParts(destination)]);
}

/**
 * Flows of one key whose times overlap or touch, as one flow, which lasts as long as they do. Silence in between stays
 * silence: a report of that time must not say that they talked.
 *
 * The same set of flows gives the same merged ones in whatever order and however often they come, and merging in parts
 * gives them too. A merged flow’s id follows from what it says, as that of a record does.
 */
export function mergeFlows(flows: Iterable<Flow>): Flow[] {
  const merged: Flow[] = [];
  for (const same of Map.groupBy(flows, flowKey).values()) {
    const [first, ...rest] = same.sort((a, b) => a.startAt - b.startAt);
    let flow = first!;
    for (const next of rest) {
      if (next.startAt > flow.endAt) {
        merged.push(flow);
        flow = next;
      } else if (next.endAt > flow.endAt) flow = flowOf({ ...flow, endAt: next.endAt });
    }
    merged.push(flow);
  }
  return merged;
}

/** True when the time lies within one of the times. */
export const covers = (times: readonly Seen[], { startAt, endAt }: Seen): boolean =>
  times.some((time) => startAt >= time.startAt && endAt <= time.endAt);

/** The times with one more, those that overlap or touch as one. */
export function withTime(times: readonly Seen[], added: Seen): Seen[] {
  const apart = times.filter(({ startAt, endAt }) => endAt < added.startAt || added.endAt < startAt);
  const joined = times.filter((time) => !apart.includes(time));
  return [
    ...apart,
    {
      startAt: Math.min(added.startAt, ...joined.map(({ startAt }) => startAt)),
      endAt: Math.max(added.endAt, ...joined.map(({ endAt }) => endAt)),
    },
  ];
}
