import type {
  EndpointsSummary,
  Exposure,
  NamespacesSummary,
  Open,
  ServiceRow,
  ServicesSummary,
} from '../report.ts';

/** Counts of endpoints. `serviceAccounts` are those of all endpoints in scope, as `namespace/name`. */
export function endpointsSummary(
  endpoints: readonly (Exposure & Open)[],
  serviceAccounts: ReadonlySet<string>,
): EndpointsSummary {
  const { numTotal, ...counts } = namespacesSummary(endpoints);
  return { numTotal, numServiceAccounts: serviceAccounts.size, ...counts };
}

/** Counts of namespaces. */
export function namespacesSummary(rows: readonly (Exposure & Open)[]): NamespacesSummary {
  return {
    numTotal: rows.length,
    numIngressProtected: count(rows, (row) => row.ingressProtected),
    numEgressProtected: count(rows, (row) => row.egressProtected),
    numIngressFromInternet: count(rows, (row) => row.ingressFromInternet),
    numEgressToInternet: count(rows, (row) => row.egressToInternet),
    numIngressFromOtherNamespace: count(rows, (row) => row.ingressFromOtherNamespace),
    numEgressToOtherNamespace: count(rows, (row) => row.egressToOtherNamespace),
    numEnvoyEnabled: count(rows, (row) => row.envoyEnabled),
    numNotKnownIngressProtected: notKnown(rows, 'ingressProtected'),
    numNotKnownEgressProtected: notKnown(rows, 'egressProtected'),
    numNotKnownIngressFromInternet: notKnown(rows, 'ingressFromInternet'),
    numNotKnownEgressToInternet: notKnown(rows, 'egressToInternet'),
    numNotKnownIngressFromOtherNamespace: notKnown(rows, 'ingressFromOtherNamespace'),
    numNotKnownEgressToOtherNamespace: notKnown(rows, 'egressToOtherNamespace'),
    numNotKnownEnvoyEnabled: notKnown(rows, 'envoyEnabled'),
  };
}

/** Counts of services. */
export function servicesSummary(rows: readonly ServiceRow[]): ServicesSummary {
  return {
    numTotal: rows.length,
    numIngressProtected: count(rows, (row) => row.ingressProtected),
    numIngressFromInternet: count(rows, (row) => row.ingressFromInternet),
    numIngressFromOtherNamespace: count(rows, (row) => row.ingressFromOtherNamespace),
    numEnvoyEnabled: count(rows, (row) => row.envoyEnabled),
    numNotKnownIngressProtected: notKnown(rows, 'ingressProtected'),
    numNotKnownIngressFromInternet: notKnown(rows, 'ingressFromInternet'),
    numNotKnownIngressFromOtherNamespace: notKnown(rows, 'ingressFromOtherNamespace'),
    numNotKnownEnvoyEnabled: notKnown(rows, 'envoyEnabled'),
  };
}

const notKnown = (rows: readonly Open[], flag: keyof Exposure): number =>
  count(rows, (row) => row.notKnown.includes(flag));

function count<T>(rows: readonly T[], is: (row: T) => boolean): number {
  return rows.reduce((sum, row) => sum + (is(row) ? 1 : 0), 0);
}
