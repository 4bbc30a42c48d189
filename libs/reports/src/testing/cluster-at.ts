import { type Instant, keyText, type KubernetesObject } from '@margay/ground';
import type { Version } from '@margay/history';
import {
  isEndpoint,
  parseNetwork,
  parseSelector,
  type Policy,
  printName,
  PRIVATE_NETWORKS,
  PublicNetworks,
  readPolicy,
  type Scope,
} from '@margay/policy';
import { hasEnvoy } from '../replay/envoy.ts';
import { servicesAt } from './services-at.ts';

/** What an endpoint is like at one instant: worked out from nothing, for every endpoint times every policy. */
export interface EndpointAt {
  readonly uid: string;
  readonly inScope: boolean;
  readonly flags: Readonly<Record<Flag, boolean>>;
  readonly applied: readonly string[];
  /** Key texts, of staged policies too. */
  readonly selectedBy: readonly string[];
  readonly services: readonly string[];
  readonly account: string;
  readonly aggregationName: string;
}

export const EVER_FLAGS = [
  'ingressFromInternet',
  'egressToInternet',
  'ingressFromOtherNamespace',
  'egressToOtherNamespace',
] as const;
export const ALWAYS_FLAGS = ['ingressProtected', 'egressProtected', 'envoyEnabled'] as const;
type Flag = (typeof EVER_FLAGS)[number] | (typeof ALWAYS_FLAGS)[number];
type Labels = Record<string, string>;
type Given = { version: Version; object: KubernetesObject; labels: Labels };

/** Every endpoint there is at the instant, by printed name. */
export function clusterAt(
  all: readonly Version[],
  at: Instant,
  scope: Scope = {},
): ReadonlyMap<string, EndpointAt> {
  const valid = all.filter(({ validFrom, validTo = Infinity }) => validFrom <= at && at < validTo);
  const of = (kind: string): Given[] =>
    valid
      .map((version) => ({ version, object: version.content }))
      .filter(({ object }) => object.kind === kind)
      .map((given) => ({ ...given, labels: (given.object.metadata.labels ?? {}) as Labels }));
  const namespaces = new Map(of('Namespace').map((n) => [n.object.metadata.name, named(n)]));
  const accounts = new Map(
    of('ServiceAccount').map((a) => [`${a.object.metadata.namespace}/${a.object.metadata.name}`, named(a)]),
  );
  const sets = [...of('NetworkSet'), ...of('GlobalNetworkSet')].map(({ object, labels }) => {
    const { namespace } = object.metadata;
    const inherited = { ...prefixed('pcns.', namespaces.get(namespace ?? '')), ...labels };
    return {
      object,
      labels: namespace ? { ...inherited, 'projectcalico.org/namespace': namespace } : labels,
    };
  });
  const policies = valid.flatMap((version) => policyOf(version) ?? []);
  const isProtectedBy = protection(of('Tier').map(({ object }) => object));
  const servicesOf = servicesAt(valid, all);

  const found = new Map<string, EndpointAt>();
  for (const { version, object, labels } of [
    ...of('Pod').filter(({ object }) => isEndpoint(object)),
    ...of('HostEndpoint'),
  ]) {
    const pod = object.kind === 'Pod';
    const spec = object['spec'] as { serviceAccountName?: string; node?: string };
    const { name, namespace = '', generateName } = object.metadata;
    const account = (pod && spec.serviceAccountName) || '';
    const ofNamespace = namespaces.get(namespace);
    const ofAccount = accounts.get(`${namespace}/${account}`);
    const merged = !pod
      ? labels
      : {
          ...prefixed('pcsa.', ofAccount),
          ...prefixed('pcns.', ofNamespace),
          ...labels,
          'projectcalico.org/namespace': namespace,
          'projectcalico.org/orchestrator': 'k8s',
          ...(account && { 'projectcalico.org/serviceaccount': account }),
        };
    const selecting = policies.filter(({ subject }) => subject?.matchesRecord(merged));
    const applied = selecting.filter((policy) => !policy.staged && !(pod && policy.hostEndpointsOnly));
    const any = (is: (policy: Policy) => boolean): boolean => applied.some(is);
    found.set(printName({ kind: object.kind, apiVersion: object.apiVersion, namespace, name }), {
      uid: version.uid,
      inScope: isInScope(scope, { pod, labels: merged, namespace, account, ofNamespace, ofAccount }),
      flags: {
        ingressProtected: any((policy) => isProtectedBy(policy, 'ingress')),
        egressProtected: any((policy) => isProtectedBy(policy, 'egress')),
        ingressFromInternet: any((policy) => internet(policy, 'ingress', sets)),
        egressToInternet: any((policy) => internet(policy, 'egress', sets)),
        ingressFromOtherNamespace: pod && any((policy) => otherNamespace(policy, 'ingress', namespace)),
        egressToOtherNamespace: pod && any((policy) => otherNamespace(policy, 'egress', namespace)),
        envoyEnabled: pod && hasEnvoy(object),
      },
      applied: applied.map(printed),
      selectedBy: selecting.map(({ key }) => keyText(key)),
      services: pod ? servicesOf(version) : [],
      account,
      aggregationName: pod ? (generateName ? `${generateName}*` : name) : (spec.node ?? ''),
    });
  }
  return found;
}

/** A policy is read once: what it says does not depend on anything else. */
const read = new WeakMap<Version, Policy | undefined>();
function policyOf(version: Version): Policy | undefined {
  if (!read.has(version)) read.set(version, readPolicy(version.content, version));
  return read.get(version);
}

/** The tiers that Calico makes for Kubernetes' cluster-wide policies: their default action is Pass. */
const PASSING = ['kube-admin', 'kube-baseline', 'adminnetworkpolicy', 'baselineadminnetworkpolicy'];

/** A policy protects by having rules, or by being there where its tier denies what no rule decides about. */
function protection(tiers: readonly KubernetesObject[]) {
  const passing = new Set(PASSING);
  for (const { metadata, spec } of tiers) {
    if ((spec as { defaultAction?: string }).defaultAction === 'Pass') passing.add(metadata.name);
    else passing.delete(metadata.name);
  }
  return ({ types, ruled, tier }: Policy, direction: 'ingress' | 'egress'): boolean =>
    types[direction] && (ruled[direction] || !passing.has(tier));
}

const printed = ({ kind, apiVersion, key, tier }: Policy): string =>
  printName({ kind, apiVersion, namespace: key.namespace, name: key.name, tier });
const named = ({ object, labels }: Given): Labels => ({
  ...labels,
  'projectcalico.org/name': object.metadata.name,
});
const prefixed = (prefix: string, labels: Labels = {}): Labels =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [prefix + name, value]));

function isInScope(
  { selector, namespaces, serviceAccounts }: Scope,
  it: {
    pod: boolean;
    labels: Labels;
    namespace: string;
    account: string;
    ofNamespace: Labels | undefined;
    ofAccount: Labels | undefined;
  },
): boolean {
  const matches = (text: string | undefined, labels: Labels): boolean =>
    !text || parseSelector(text).matchesRecord(labels);
  const fits = (condition: typeof namespaces, name: string, labels: Labels = {}): boolean =>
    (!condition?.names?.length && !condition?.selector) ||
    (it.pod &&
      (!condition.names?.length || condition.names.includes(name)) &&
      matches(condition.selector, labels));
  return (
    matches(selector, it.labels) &&
    fits(namespaces, it.namespace, it.ofNamespace) &&
    fits(serviceAccounts, it.account, it.ofAccount)
  );
}

const networks = new PublicNetworks(PRIVATE_NETWORKS);
const isPublic = (net: string): boolean =>
  parseNetwork(net) !== undefined && networks.firstPublic([net]) !== undefined;

function internet(
  policy: Policy,
  direction: 'ingress' | 'egress',
  sets: readonly { object: KubernetesObject; labels: Labels }[],
): boolean {
  return policy.allows[direction].some(({ peer }) => {
    if (peer.serviceNamespaces !== undefined) return false;
    if (peer.selector === undefined && peer.domains.length > 0) return direction === 'egress';
    if (peer.nets.length > 0 && !peer.nets.some(isPublic)) return false;
    return (
      peer.selector === undefined ||
      sets.some(({ object, labels }) => {
        const { nets = [], allowedEgressDomains = [] } = object['spec'] as Record<string, string[]>;
        const outside = nets.some(isPublic) || (direction === 'egress' && allowedEgressDomains.length > 0);
        return outside && peer.selector?.matchesRecord(labels);
      })
    );
  });
}

function otherNamespace(policy: Policy, direction: 'ingress' | 'egress', namespace: string): boolean {
  return policy.allows[direction].some(({ peer }) => {
    if (peer.domains.length > 0) return false;
    if (peer.serviceNamespaces !== undefined)
      return peer.serviceNamespaces.some((name) => name !== '' && name !== namespace);
    if (policy.key.namespace === '') return peer.nets.length === 0;
    if (peer.hasNamespaceSelector) return peer.namesNamespaces;
    return peer.nets.length === 0 && peer.selector === undefined;
  });
}
