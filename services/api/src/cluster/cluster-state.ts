import type { ClusterState, EndpointState } from '@margay/api-contract';
import { formatInstant, isPolicy, keyText, type Instant } from '@margay/ground';
import { NetworkState, printName } from '@margay/policy';
import { doubtedOf, printedVersion } from '@margay/reports';
import type { History } from '@margay/storage';

const STATE_FLAGS = [
  'ingressProtected',
  'egressProtected',
  'ingressFromInternet',
  'egressToInternet',
] as const;

/**
 * Computes the cluster's state at an instant.
 *
 * @param privateNetworks do not count as the internet; a default list unless given.
 */
export async function clusterStateAt(
  history: History,
  at: Instant,
  privateNetworks?: readonly string[],
): Promise<Omit<ClusterState, 'total'>> {
  const state = new NetworkState({ ...(privateNetworks && { privateNetworks }) });
  const policies: { name: string; since: string; actor: string | null }[] = [];
  const names = new Map<string, string>();
  for await (const version of history.versions({ start: at, end: at + 1 })) {
    // What stands for many objects is no object.
    if (version.name === '') continue;
    state.upsert(version.content, doubtedOf(version));
    names.set(keyText(version), printedVersion(version));
    if (isPolicy(version))
      policies.push({
        name: printedVersion(version),
        since: formatInstant(version.validFrom),
        actor: version.actor?.user ?? null,
      });
  }
  const endpoints = [...state.endpoints()]
    .map((endpoint): EndpointState => {
      const { key, flags, mayFlags } = endpoint;
      const { ingressProtected, egressProtected, ingressFromInternet, egressToInternet } = flags;
      return {
        endpoint: names.get(keyText(key)) ?? key.name,
        namespace: key.namespace,
        ingressProtected,
        egressProtected,
        ingressFromInternet,
        egressToInternet,
        notKnown: STATE_FLAGS.filter((flag) => mayFlags[flag] && !flags[flag]),
        policies: endpoint
          .applied()
          .map(({ kind, apiVersion, key: { namespace, name }, tier }) =>
            printName({ kind, apiVersion, namespace, name, tier }),
          ),
      };
    })
    .sort((a, b) => (a.endpoint < b.endpoint ? -1 : 1));
  const count = (of: readonly EndpointState[], is: (endpoint: EndpointState) => boolean) =>
    of.filter(is).length;
  return {
    at: formatInstant(at),
    namespaces: [...Map.groupBy(endpoints, ({ namespace }) => namespace)]
      .map(([name, of]) => ({
        name,
        endpoints: of.length,
        ingressProtected: count(of, ({ ingressProtected }) => ingressProtected),
        egressProtected: count(of, ({ egressProtected }) => egressProtected),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    policies: policies.sort((a, b) => (a.name < b.name ? -1 : 1)),
    endpoints,
  };
}
