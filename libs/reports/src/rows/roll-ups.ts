import { compareTexts } from '@margay/ground';
import { printName } from '@margay/policy';
import type { EndpointRow, Exposure, NamespaceRow, ServiceRow } from '../report.ts';

/**
 * One row for each namespace with endpoints in scope, sorted. Protected and Envoy: all of its endpoints, always;
 * exposures: any of them, ever.
 */
export function namespaceRows(endpoints: readonly EndpointRow[]): NamespaceRow[] {
  const byNamespace = grouped(endpoints, ({ namespace }) =>
    namespace === '' ? [] : [printName({ kind: 'Namespace', apiVersion: 'v1', name: namespace })],
  );
  return byNamespace.map(([namespace, members]) => ({ namespace, ...rolledUp(members) }));
}

/** One row for each service that held endpoints in scope, sorted; the same roll-up without egress. */
export function serviceRows(endpoints: readonly EndpointRow[]): ServiceRow[] {
  return grouped(endpoints, ({ services }) => services).map(([service, members]) => {
    const { ingressProtected, ingressFromInternet, ingressFromOtherNamespace, envoyEnabled } =
      rolledUp(members);
    return { service, ingressProtected, ingressFromInternet, ingressFromOtherNamespace, envoyEnabled };
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

function rolledUp(members: readonly EndpointRow[]): Exposure {
  return {
    ingressProtected: members.every((endpoint) => endpoint.ingressProtected),
    egressProtected: members.every((endpoint) => endpoint.egressProtected),
    ingressFromInternet: members.some((endpoint) => endpoint.ingressFromInternet),
    egressToInternet: members.some((endpoint) => endpoint.egressToInternet),
    ingressFromOtherNamespace: members.some((endpoint) => endpoint.ingressFromOtherNamespace),
    egressToOtherNamespace: members.some((endpoint) => endpoint.egressToOtherNamespace),
    envoyEnabled: members.every((endpoint) => endpoint.envoyEnabled),
  };
}
