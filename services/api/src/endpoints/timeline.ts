import type { Timeline } from '@margay/api-contract';
import { formatInstant, type Key, type Window } from '@margay/ground';
import type { Version } from '@margay/history';
import { endpointTimeline, mayConcern, TIMELINE_RESOURCES } from '@margay/reports';
import type { History } from '@margay/storage';

/**
 * The life of one endpoint in a window. Undefined where it was no endpoint in the window.
 *
 * @param privateNetworks do not count as the internet.
 */
export async function timelineOf(
  history: History,
  endpoint: Key,
  window: Window,
  privateNetworks: readonly string[],
): Promise<Timeline | undefined> {
  const versions: Version[] = [];
  for await (const version of history.versions(window, { resources: TIMELINE_RESOURCES }))
    if (mayConcern(version, endpoint)) versions.push(version);
  const timeline = endpointTimeline(versions, endpoint, window, privateNetworks);
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
