import type { Timeline } from '@margay/api-contract';
import { formatInstant, type Key, resourcesOf, type Window } from '@margay/ground';
import type { PolicyEvent, Version } from '@margay/history';
import type { Scope } from '@margay/policy';
import { endpointTimeline, leftOpen, mayConcern, sightsToAsk, TIMELINE_RESOURCES } from '@margay/reports';
import { deliveredIn, sightsFrom, type Stores } from '@margay/storage';

const ENDPOINTS: ReadonlySet<string> = new Set(resourcesOf('endpoint'));

/**
 * The life of one endpoint in a window. Undefined where it was no endpoint in the window, or in none of the scopes.
 *
 * @param options `privateNetworks` do not count as the internet; `scope`: all unless given.
 */
export async function timelineOf(
  stores: Pick<Stores, 'history' | 'trail' | 'coverage'>,
  endpoint: Key,
  window: Window,
  options: { readonly privateNetworks: readonly string[]; readonly scope?: readonly Scope[] },
): Promise<Timeline | undefined> {
  const { marks, ...delivered } = await deliveredIn(stores, window);
  const versions: Version[] = [];
  for await (const version of stores.history.versions(window, { resources: TIMELINE_RESOURCES }))
    if (mayConcern(version, endpoint)) versions.push(version);
  const writes = await writesFor(stores.trail, endpoint, window);
  const open = leftOpen(marks, window, delivered);
  const sights = await sightsFrom(stores, sightsToAsk({ versions, window, ...open }), window.end);
  const timeline = endpointTimeline(versions, endpoint, window, { ...options, writes, ...open, sights });
  if (timeline === undefined) return undefined;
  return {
    endpoint: timeline.endpoint,
    window: { start: formatInstant(window.start), end: formatInstant(window.end) },
    spans: timeline.spans.map(({ start, end, ...state }) => ({
      start: formatInstant(start),
      end: formatInstant(end),
      ...state,
    })),
    events: timeline.events.map(({ at, what, resource, actor = null }) => ({
      at: formatInstant(at),
      what,
      resource,
      actor,
    })),
  };
}

/** The writes to what an endpoint depends on. Of endpoints there may be very many: only to itself. */
async function writesFor(trail: Stores['trail'], endpoint: Key, window: Window): Promise<PolicyEvent[]> {
  const others = TIMELINE_RESOURCES.filter((resource) => !ENDPOINTS.has(resource));
  const writes: PolicyEvent[] = [];
  for await (const write of trail.between(window, others)) writes.push(write);
  for await (const write of trail.between(window, [endpoint.resource], endpoint)) writes.push(write);
  return writes;
}
