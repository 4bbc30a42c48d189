import { compareTexts, sortedOnce, type Window } from '@margay/ground';
import { printName } from '@margay/policy';
import type { UnseenSpan } from '../doubts/played.ts';
import { printService } from '../replay/endpoint-life.ts';
import type { ServiceMembership } from '../replay/service-membership.ts';
import { isValidIn } from '../replay/steps.ts';
import {
  DOUBTS_MAX,
  type EndpointRow,
  type Exposure,
  FLAGS,
  type NamespaceRow,
  type Open,
  SERVICE_FLAGS,
  type ServiceRow,
} from '../report.ts';

/** Flags that a whole has where all of its members have them; it has the others where any member does. */
const OF_ALL: ReadonlySet<string> = new Set(['ingressProtected', 'egressProtected', 'envoyEnabled']);

/** Whom it is not known of whether they belong to a whole. */
interface Others {
  readonly endpoints: readonly EndpointRow[];
  /** Ids of doubts for which these may. */
  readonly doubts: readonly string[];
  /** Ids of doubts for which there may be members that nobody saw. */
  readonly unseen: readonly string[];
}

/** Ids of doubts for which a namespace may have pods that nobody saw in the window. */
export function unseenPods(
  unseen: readonly UnseenSpan[],
  window: Window,
): (namespace: string) => readonly string[] {
  const spans = unseen.filter((span) => span.resource === 'pods' && isValidIn(span, window));
  return (namespace) =>
    spans.filter((span) => (span.namespace ?? namespace) === namespace).map(({ id }) => id);
}

/** What endpoints make of namespaces and services. */
export function rollUps(
  endpoints: readonly EndpointRow[],
  services: ServiceMembership | undefined,
  unseenIn: (namespace: string) => readonly string[],
): { namespaces: NamespaceRow[]; services: ServiceRow[] } {
  const byNamespace = new Map(grouped(endpoints, ({ namespace }) => [namespace]));
  const open = new Map<string, readonly string[]>();
  for (const service of services?.openServices() ?? []) {
    const [namespace = ''] = service.split('/');
    open.set(printService(service), services?.openBy(namespace) ?? []);
  }
  const othersOf = (service: string): Others => {
    const namespace = /\((.*)\//.exec(service)?.[1] ?? '';
    const isOpen = open.has(service);
    return {
      endpoints: isOpen ? (byNamespace.get(namespace) ?? []) : [],
      doubts: open.get(service) ?? [],
      unseen: unseenIn(namespace),
    };
  };
  return {
    namespaces: namespaceRows(endpoints, unseenIn),
    services: serviceRows(endpoints, othersOf, [...open.keys()]),
  };
}

/**
 * One row for each namespace with endpoints in scope, sorted. Protected and Envoy: all of its endpoints, always;
 * exposures: any of them, ever.
 *
 * @param unseenIn ids of doubts for which a namespace may have endpoints that nobody saw.
 */
function namespaceRows(
  endpoints: readonly EndpointRow[],
  unseenIn: (namespace: string) => readonly string[],
): NamespaceRow[] {
  const byNamespace = grouped(endpoints, ({ namespace }) => (namespace === '' ? [] : [namespace]));
  return byNamespace.map(([namespace, members]) => ({
    namespace: printName({ kind: 'Namespace', apiVersion: 'v1', name: namespace }),
    ...rolledUp(members, { endpoints: [], doubts: [], unseen: unseenIn(namespace) }),
  }));
}

/**
 * One row for each service that held endpoints in scope or may have, sorted; the same roll-up without egress.
 *
 * @param othersOf whom a service, as printed, may have held besides.
 * @param possible services, as printed, that may have held some.
 */
function serviceRows(
  endpoints: readonly EndpointRow[],
  othersOf: (service: string) => Others,
  possible: readonly string[],
): ServiceRow[] {
  const held = new Map(grouped(endpoints, ({ services }) => services));
  const mayHold = new Map(grouped(endpoints, ({ possibleServices }) => possibleServices));
  return sortedOnce([...held.keys(), ...mayHold.keys(), ...possible]).flatMap((service) => {
    const others = othersOf(service);
    const endpoints = [...new Set([...(mayHold.get(service) ?? []), ...others.endpoints])];
    const members = held.get(service) ?? [];
    if (members.length === 0 && endpoints.length === 0) return [];
    const { ingressProtected, ingressFromInternet, ingressFromOtherNamespace, envoyEnabled, ...open } =
      rolledUp(members, { ...others, endpoints });
    const notKnown = SERVICE_FLAGS.filter((flag) => open.notKnown.includes(flag));
    const doubts = notKnown.length > 0 ? open.doubts : [];
    return [
      {
        service,
        ingressProtected,
        ingressFromInternet,
        ingressFromOtherNamespace,
        envoyEnabled,
        notKnown,
        doubts,
      },
    ];
  });
}

function grouped(
  endpoints: readonly EndpointRow[],
  namesOf: (endpoint: EndpointRow) => readonly string[],
): [name: string, members: EndpointRow[]][] {
  const groups = new Map<string, EndpointRow[]>();
  for (const endpoint of endpoints) {
    for (const name of namesOf(endpoint)) {
      const members = groups.get(name);
      if (members === undefined) groups.set(name, [endpoint]);
      else members.push(endpoint);
    }
  }
  return [...groups].sort(([a], [b]) => compareTexts(a, b));
}

/** What members make of a whole, and what this is not known of because of them, or of others that may belong to it. */
function rolledUp(members: readonly EndpointRow[], others: Others): Exposure & Open {
  const { endpoints: perhaps, unseen } = others;
  const all = perhaps.length === 0 ? members : [...members, ...perhaps];
  const notKnown: string[] = [];
  const doubts = new Set<string>();
  const verdict = (flag: (typeof FLAGS)[number]): boolean => {
    // One member settles it: one that lacks what all must have, or one that has what any may have.
    const settling = !OF_ALL.has(flag);
    if (members.some((row) => row[flag] === settling && !row.notKnown.includes(flag))) return settling;
    const open = all.filter((row) => row[flag] === settling || row.notKnown.includes(flag));
    const isEmpty = members.length === 0;
    if (open.length === 0 && unseen.length === 0 && !isEmpty) return !settling;
    notKnown.push(flag);
    for (const row of open) for (const id of row.doubts) doubts.add(id);
    for (const id of [...others.doubts, ...unseen]) doubts.add(id);
    return false;
  };
  const flags = Object.fromEntries(FLAGS.map((flag) => [flag, verdict(flag)]));
  return {
    ...(flags as Record<(typeof FLAGS)[number], boolean>),
    notKnown,
    doubts: sortedOnce(doubts).slice(0, DOUBTS_MAX),
  };
}
