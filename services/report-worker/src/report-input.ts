import type { TrailEvent } from '@margay/contracts';
import type { Flow, FlowEnd } from '@margay/history';
import type { Flow as ReportFlow, FlowEnd as ReportFlowEnd, PolicyEvent } from '@margay/reports';

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

/** A flow as reports take it. */
export function reportFlowOf({
  startAt,
  endAt,
  action,
  source,
  destination,
}: Pick<Flow, 'startAt' | 'endAt' | 'action' | 'source' | 'destination'>): ReportFlow {
  return { start: startAt, end: endAt, action, source: endOf(source), destination: endOf(destination) };
}

/** Addresses outside the cluster are `pub`, or `pvt` where they are of a private network. */
function endOf({ type, namespace, name }: FlowEnd): ReportFlowEnd {
  switch (type) {
    case 'pod':
      return { kind: 'Pod', namespace, name };
    case 'hostEndpoint':
      return { kind: 'HostEndpoint', namespace: '', name };
    case 'networkSet':
      return namespace === ''
        ? { kind: 'GlobalNetworkSet', namespace, name }
        : { kind: 'NetworkSet', namespace, name };
    case 'network':
      return { kind: name === 'pvt' ? 'Private' : 'Public', namespace: '', name: '' };
  }
}
