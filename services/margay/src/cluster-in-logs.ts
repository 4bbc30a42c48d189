import type { Instant } from '@margay/ground';
import { clusterAt, type ClusterAt, instantOf, leftOpen, sightsToAsk } from '@margay/reports';
import type { LogEvidence } from './read-logs.ts';

/** The cluster at an instant, as logs show it: what a report about that instant leaves open is open. */
export function clusterInLogs(
  { history, marks, birth }: LogEvidence,
  at: Instant,
  privateNetworks?: readonly string[],
): ClusterAt {
  const window = instantOf(at);
  const versions = history.stateAt(at);
  const open = leftOpen(marks, window, birth === undefined ? {} : { birth });
  const sights = new Map(
    sightsToAsk({ versions, window, ...open }).map((from) => [
      from,
      history.firstSights({ from, before: window.end }),
    ]),
  );
  return clusterAt(versions, at, { ...open, sights, ...(privateNetworks && { privateNetworks }) });
}
