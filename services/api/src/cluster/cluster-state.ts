import type { ClusterState, EndpointState } from '@margay/api-contract';
import { formatInstant, isPolicy, keyText, sortedOnce, type Instant } from '@margay/ground';
import type { Version } from '@margay/history';
import { printName, type AppliedPolicy, type EndpointView, type Scope } from '@margay/policy';
import {
  clusterAt,
  DOUBTS_MAX,
  instantOf,
  leftOpen,
  type ListedDoubt,
  listedDoubt,
  printedVersion,
  sightsToAsk,
} from '@margay/reports';
import { deliveredIn, sightsFrom, type Stores } from '@margay/storage';

const STATE_FLAGS = [
  'ingressProtected',
  'egressProtected',
  'ingressFromInternet',
  'egressToInternet',
] as const;

/** The cluster at an instant: all endpoints and all doubts, or those of some scopes. */
export type WholeState = Omit<ClusterState, 'total' | 'doubts'> & { readonly doubts: readonly ListedDoubt[] };

/**
 * Computes the cluster's state at an instant: all of it, or the endpoints in some scopes with their policies and doubts.
 *
 * @param options `privateNetworks` do not count as the internet; a default list unless given.
 */
export async function clusterStateAt(
  stores: Pick<Stores, 'history' | 'coverage'>,
  at: Instant,
  options: { readonly privateNetworks?: readonly string[]; readonly scope?: readonly Scope[] } = {},
): Promise<WholeState> {
  const window = instantOf(at);
  const { marks, ...delivered } = await deliveredIn(stores, window);
  const versions: Version[] = [];
  for await (const version of stores.history.versions(window)) versions.push(version);
  const open = leftOpen(marks, window, delivered);
  const sights = await sightsFrom(stores, sightsToAsk({ versions, window, ...open }), window.end);
  const cluster = clusterAt(versions, at, { ...open, sights, ...options });
  const policies: { name: string; since: string; actor: string | null }[] = [];
  const names = new Map<string, string>();
  for (const version of cluster.versions) {
    names.set(keyText(version), printedVersion(version));
    if (isPolicy(version))
      policies.push({
        name: printedVersion(version),
        since: formatInstant(version.validFrom),
        actor: version.actor?.user ?? null,
      });
  }
  const shown = [...cluster.network.endpoints()].filter(({ inScope }) => inScope);
  const concerns = options.scope === undefined ? () => true : namedBy(shown);
  const endpoints = shown
    .map((endpoint): EndpointState => {
      const { key, flags, mayFlags, isCertain } = endpoint;
      // Nothing is said of what may not be there at all.
      const holds = (flag: (typeof STATE_FLAGS)[number]) => isCertain && flags[flag];
      const notKnown = STATE_FLAGS.filter((flag) => !holds(flag) && (mayFlags[flag] || !isCertain));
      return {
        endpoint: names.get(keyText(key)) ?? key.name,
        namespace: key.namespace,
        ingressProtected: holds('ingressProtected'),
        egressProtected: holds('egressProtected'),
        ingressFromInternet: holds('ingressFromInternet'),
        egressToInternet: holds('egressToInternet'),
        notKnown,
        doubts: notKnown.length > 0 ? sortedOnce(endpoint.doubts).slice(0, DOUBTS_MAX) : [],
        policies: endpoint.applied().map(printedPolicy),
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
    policies: policies.filter(({ name }) => concerns(name)).sort((a, b) => (a.name < b.name ? -1 : 1)),
    endpoints,
    doubts: cluster.doubts.map(listedDoubt).filter(({ id }) => concerns(id)),
  };
}

/** Whether any of these endpoints names it: a policy by its printed name, a doubt by its id. */
function namedBy(endpoints: readonly EndpointView[]): (name: string) => boolean {
  const names = new Set<string>();
  for (const endpoint of endpoints) {
    for (const policy of [...endpoint.applied(), ...endpoint.mayApply()]) names.add(printedPolicy(policy));
    for (const id of endpoint.doubts) names.add(id);
  }
  return (name) => names.has(name);
}

const printedPolicy = ({ kind, apiVersion, key: { namespace, name }, tier }: AppliedPolicy): string =>
  printName({ kind, apiVersion, namespace, name, tier });
