import { createHash } from 'node:crypto';
import type { Instant } from '@margay/ground';
import type { Flow, FlowEnd } from '@margay/history';

const HOUR = 3_600_000_000;

/** When something was seen: from its first to its last sighting. */
export interface Seen {
  readonly startAt: Instant;
  readonly endAt: Instant;
}

/** Who talked to whom and how that was judged, in which hour it began: flows with one key are merged. */
export function flowKey({ startAt, reporter, action, source, destination }: Flow): string {
  const hour = Math.floor(startAt / HOUR);
  return JSON.stringify([hour, reporter, action, ...identityOf(source), ...identityOf(destination)]);
}

const identityOf = ({ type, namespace, name, nameIsPrefix }: FlowEnd) => [
  type,
  namespace,
  name,
  nameIsPrefix,
];

/**
 * One flow for each distinct flow of an hour, from its first start to its last end, by its key.
 *
 * The same set of flows gives the same merged ones in whatever order and however often they come, and merging in parts
 * gives them too. A merged flow’s id follows from what it says, as that of a record does.
 */
export function mergeFlows(flows: Iterable<Flow>): Map<string, Flow> {
  const merged = new Map<string, Flow>();
  for (const flow of flows) {
    const key = flowKey(flow);
    const before = merged.get(key);
    merged.set(key, before === undefined ? flow : { ...before, ...spanning(before, flow) });
  }
  return new Map([...merged].map(([key, flow]) => [key, { ...flow, id: flowId(flow) }]));
}

/** The time of two sightings. */
export const spanning = (one: Seen, other: Seen): Seen => ({
  startAt: Math.min(one.startAt, other.startAt),
  endAt: Math.max(one.endAt, other.endAt),
});

/** True when one was seen within the time of the other. */
export const within = (one: Seen, other: Seen): boolean =>
  one.startAt >= other.startAt && one.endAt <= other.endAt;

/** The id of a flow, from everything else in it; a record that was not merged keeps its own. */
function flowId({ startAt, endAt, reporter, action, source, destination }: Flow): string {
  const said = JSON.stringify({ startAt, endAt, reporter, action, source, destination });
  return createHash('sha256').update(said).digest('hex').slice(0, 32);
}
