import { asServed, type Key, keyOf, keyText, type KubernetesObject } from '@margay/ground';
import { type EndpointFlags, isEndpoint, parseNetwork, type Policy, readPolicy } from '../index.ts';

/** What an endpoint should look like: an oracle, from nothing, for every endpoint times every policy. */
export interface NaiveEndpoint {
  readonly flags: EndpointFlags;
  /** Key texts, sorted. */
  readonly applied: readonly string[];
  readonly selectedBy: readonly string[];
}

type Labels = Record<string, string>;
type Rules = { readonly ingress?: unknown[]; readonly egress?: unknown[] };

/** The tiers that Calico makes for Kubernetes' cluster-wide policies: their default action is Pass. */
const PASSING = ['kube-admin', 'kube-baseline', 'adminnetworkpolicy', 'baselineadminnetworkpolicy'];
const prefixed = (prefix: string, o: KubernetesObject): Labels => ({
  ...Object.fromEntries(
    Object.entries(o.metadata.labels ?? {}).map(([name, value]) => [prefix + name, value]),
  ),
  [`${prefix}projectcalico.org/name`]: o.metadata.name,
});

/** Every endpoint of a cluster that holds these objects, by key text. */
export function naive(objects: readonly KubernetesObject[]): ReadonlyMap<string, NaiveEndpoint> {
  const all = objects.map((o) => asServed(o)).flatMap((o) => (keyOf(o) ? [{ o, key: keyOf(o) as Key }] : []));
  const of = (resource: string) => all.filter(({ key }) => key.resource === resource);
  const profiles: Record<string, Labels> = {};
  for (const { o } of of('profiles'))
    profiles[o.metadata.name] = (o['spec'] as { labelsToApply?: Labels }).labelsToApply ?? {};
  for (const { o } of of('namespaces')) profiles[`kns.${o.metadata.name}`] = prefixed('pcns.', o);
  for (const { o, key } of of('serviceaccounts'))
    profiles[`ksa.${key.namespace}.${key.name}`] = prefixed('pcsa.', o);

  const podLabels = (o: KubernetesObject): Labels => {
    const sa = (o['spec'] as { serviceAccountName?: string }).serviceAccountName ?? '';
    const own = Object.entries(o.metadata.labels ?? {}).filter(([name]) => !/^pc(ns|sa)\./.test(name));
    return {
      ...profiles[`ksa.${o.metadata.namespace}.${sa}`],
      ...profiles[`kns.${o.metadata.namespace}`],
      ...Object.fromEntries(own),
      'projectcalico.org/namespace': o.metadata.namespace ?? '',
      'projectcalico.org/orchestrator': 'k8s',
      ...(sa !== '' && { 'projectcalico.org/serviceaccount': sa }),
    };
  };
  const hostLabels = (o: KubernetesObject): Labels => {
    const parents = (o['spec'] as { profiles?: string[] }).profiles ?? [];
    const layers = [...parents.toReversed().map((name) => profiles[name]), o.metadata.labels];
    return Object.fromEntries(layers.flatMap((layer) => Object.entries(layer ?? {})));
  };
  const sets = [
    ...of('networksets').map(({ o, key }) => ({
      o,
      labels: {
        ...profiles[`kns.${key.namespace}`],
        ...o.metadata.labels,
        'projectcalico.org/namespace': key.namespace,
      },
    })),
    ...of('globalnetworksets').map(({ o }) => ({ o, labels: o.metadata.labels ?? {} })),
  ].map(({ o, labels }) => ({
    labels,
    spec: (o['spec'] ?? {}) as { nets?: string[]; allowedEgressDomains?: string[] },
  }));
  const policies = all.flatMap(({ o, key }) => readPolicy(o, key) ?? []);
  const specs = new Map(all.map(({ o, key }) => [keyText(key), (o['spec'] ?? {}) as Rules]));
  const passing = new Set(PASSING);
  for (const { o } of of('tiers')) {
    const { defaultAction } = (o['spec'] ?? {}) as { defaultAction?: string };
    if (defaultAction === 'Pass') passing.add(o.metadata.name);
    else passing.delete(o.metadata.name);
  }
  /** By being there, only where its tier does not pass what no rule decides about. */
  const isProtectedBy = ({ types, tier, key }: Policy, direction: 'ingress' | 'egress'): boolean =>
    types[direction] && (!passing.has(tier) || (specs.get(keyText(key))?.[direction] ?? []).length > 0);

  const result = new Map<string, NaiveEndpoint>();
  const add = (key: Key, labels: Labels, pod: boolean) => {
    const selecting = policies.filter((policy) => policy.subject?.matchesRecord(labels));
    const applied = selecting.filter((policy) => !policy.staged && !(pod && policy.hostEndpointsOnly));
    const namespace = key.namespace;
    const flags: EndpointFlags = {
      ingressProtected: applied.some((policy) => isProtectedBy(policy, 'ingress')),
      egressProtected: applied.some((policy) => isProtectedBy(policy, 'egress')),
      ingressFromInternet: applied.some((policy) => internet(policy, 'ingress', sets)),
      egressToInternet: applied.some((policy) => internet(policy, 'egress', sets)),
      ingressFromOtherNamespace:
        pod && applied.some((policy) => otherNamespace(policy, 'ingress', namespace)),
      egressToOtherNamespace: pod && applied.some((policy) => otherNamespace(policy, 'egress', namespace)),
    };
    const names = (list: readonly Policy[]) => list.map((policy) => keyText(policy.key)).sort();
    result.set(keyText(key), { flags, applied: names(applied), selectedBy: names(selecting) });
  };
  for (const { o, key } of of('pods')) if (isEndpoint(o)) add(key, podLabels(o), true);
  for (const { o, key } of of('hostendpoints')) add(key, hostLabels(o), false);
  return result;
}

type NetworkSet = { labels: Labels; spec: { nets?: string[]; allowedEgressDomains?: string[] } };

function internet(policy: Policy, direction: 'ingress' | 'egress', sets: readonly NetworkSet[]): boolean {
  return policy.allows[direction].some(({ peer }) => {
    if (peer.serviceNamespaces !== undefined) return false;
    if (peer.selector === undefined && peer.domains.length > 0) return direction === 'egress';
    if (peer.nets.length > 0 && !peer.nets.some(isPublic)) return false;
    if (peer.selector === undefined) return true;
    return sets.some(
      ({ labels, spec }) =>
        peer.selector?.matchesRecord(labels) === true &&
        ((spec.nets ?? []).some(isPublic) ||
          (direction === 'egress' && (spec.allowedEgressDomains ?? []).length > 0)),
    );
  });
}

function otherNamespace(policy: Policy, direction: 'ingress' | 'egress', namespace: string): boolean {
  return policy.allows[direction].some(({ peer }) => {
    if (peer.domains.length > 0) return false;
    if (peer.serviceNamespaces !== undefined)
      return peer.serviceNamespaces.some((n) => n !== '' && n !== namespace);
    if (policy.key.namespace === '') return peer.nets.length === 0;
    if (peer.hasNamespaceSelector) return peer.namesNamespaces;
    return peer.nets.length === 0 && peer.selector === undefined;
  });
}

/** Good enough for the networks of the tests: IPv4 by its text, whole octets. */
function isPublic(net: string): boolean {
  return parseNetwork(net) !== undefined && !/^(10\.|192\.168\.|127\.)/.test(net);
}
