import type { Change } from './change.ts';
import { shownUid, type NamedByUid } from './birth.ts';
import { requestIn } from './event-verb.ts';
import { isOfOwnCounter } from './two-clusters.ts';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * What a change shows that no two clusters show alike: the uid of an object, as the API server called it. Of the uids that another API server
 * than Kubernetes' gives (Calico's) it is not known that they are random; but both log a request that was handed on under one audit ID. Undefined
 * where a change shows neither.
 */
export function shownByOneCluster(
  change: NamedByUid & Pick<Change, 'group' | 'resource' | 'eventId'>,
): string | undefined {
  if (isOfOwnCounter(change)) return shownUid(change);
  const { auditId } = requestIn(change.eventId);
  return UUID.test(auditId) ? `request ${auditId}` : undefined;
}
