import type { TrailEvent } from '@margay/contracts';
import type { PolicyEvent } from '@margay/reports';

/** An event of the trail as reports take it. */
export function policyEventOf({
  eventId,
  at,
  group,
  resource,
  namespace,
  name,
  verb,
  actor,
  refused,
  event,
}: TrailEvent): PolicyEvent {
  return {
    eventId,
    at,
    key: { group, resource, namespace, name },
    verb,
    refused,
    event,
    ...(actor && { user: actor.user }),
  };
}
