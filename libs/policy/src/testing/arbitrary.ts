import fc from 'fast-check';
import type { KubernetesObject } from '@margay/ground';
import * as make from './cluster.ts';

/** Small pools, so that things meet. */
const names = fc.constantFrom('a', 'b', 'c');
const values: fc.Arbitrary<string> = fc.constantFrom('x', 'y', '');
const spaces = fc.constantFrom('n1', 'n2');
const someLabels = fc.dictionary(
  fc.constantFrom('app', 'tier', 'env', 'pcns.env', '__proto__', 'constructor'),
  values,
  {
    maxKeys: 3,
  },
);
const labels = fc.oneof(fc.constantFrom({}, { app: 'x' }, { env: 'x' }), someLabels);
const keys = fc.constantFrom('app', 'tier', 'env', 'pcns.env', '__proto__', 'projectcalico.org/namespace');

type Labels = ReadonlyMap<string, string>;

/** A selector and, worked out beside it, what it says of labels. */
export interface Told {
  readonly text: string;
  readonly holds: (labels: Labels) => boolean;
}

const told = (text: string, holds: (labels: Labels) => boolean): Told => ({ text, holds });
const quote = fc.constantFrom("'", '"');
const K8S = 'projectcalico.org/orchestrator';
const NAMESPACE = 'projectcalico.org/namespace';
const TESTS: readonly (readonly [string, (value: string, given: string) => boolean])[] = [
  ['==', (value, given) => value === given],
  ['contains', (value, given) => value.includes(given)],
  ['starts with', (value, given) => value.startsWith(given)],
  ['endswith', (value, given) => value.endsWith(given)],
];

const leaf: fc.Arbitrary<Told> = fc.oneof(
  fc.tuple(keys, fc.constantFrom(...TESTS), values, quote).map(([key, [operator, test], given, q]) =>
    told(`${key} ${operator} ${q}${given}${q}`, (labels) => {
      const value = labels.get(key);
      return value !== undefined && test(value, given);
    }),
  ),
  fc
    .tuple(keys, values)
    .map(([key, given]) => told(`${key} != '${given}'`, (labels) => labels.get(key) !== given)),
  fc.tuple(keys, fc.array(values, { maxLength: 3 }), fc.boolean()).map(([key, given, negative]) => {
    const set = `{${given.map((value) => `'${value}'`).join(',')}}`;
    return told(`${key} ${negative ? 'not ' : ''}in ${set}`, (labels) => {
      const value = labels.get(key);
      return (value !== undefined && given.includes(value)) !== negative;
    });
  }),
  keys.map((key) => told(`has(${key})`, (labels) => labels.has(key))),
  fc.constantFrom(
    told('all()', () => true),
    told('global()', () => true),
    told(`${K8S} == 'k8s'`, (labels) => labels.get(K8S) === 'k8s'),
    told(`${NAMESPACE} == 'n1'`, (labels) => labels.get(NAMESPACE) === 'n1'),
  ),
);

/** A selector over the labels that the objects have, and its truth. */
export const selectorTold: fc.Arbitrary<Told> = fc.letrec<{ any: Told }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc
      .tuple(tie('any'), tie('any'))
      .map(([a, b]) =>
        told(
          `(${a.text}) && ${b.text.includes('||') ? `(${b.text})` : b.text}`,
          (l) => a.holds(l) && b.holds(l),
        ),
      ),
    fc
      .tuple(tie('any'), tie('any'))
      .map(([a, b]) => told(`(${a.text} || ${b.text})`, (l) => a.holds(l) || b.holds(l))),
    tie('any').map((a) => told(`!(${a.text})`, (l) => !a.holds(l))),
    tie('any').map((a) => told(`!!(${a.text})`, (l) => a.holds(l))),
  ),
})).any;

export const selectorText: fc.Arbitrary<string> = selectorTold.map(({ text }) => text);

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
/** Some often, so that policies share them and objects meet them. */
const usual = fc.constantFrom("app == 'x'", "env == 'x'", 'has(app)', 'has(env)', "pcns.env == 'x'", '');
const selector = fc.oneof(
  { weight: 9, arbitrary: usual },
  { weight: 9, arbitrary: selectorText },
  { weight: 1, arbitrary: fc.constant('app ==') },
);
const nets = fc.subarray(['10.0.0.0/8', '192.168.1.1', '8.8.8.0/24', '0.0.0.0/0', 'nonsense'], {
  maxLength: 2,
});
const side = fc.record(
  {
    selector,
    notSelector: selector,
    namespaceSelector: fc.oneof(selector, fc.constantFrom('all()', 'global()')),
    serviceAccounts: fc.record({ names: fc.array(names, { maxLength: 2 }), selector }, { requiredKeys: [] }),
    nets,
    services: fc.record({ name: names, namespace: spaces }, { requiredKeys: ['name'] }),
    domains: fc.constant(['example.com']),
  },
  { requiredKeys: [] },
);
const rule = fc.record(
  {
    action: fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny', 'Pass', 'Log'),
    source: side,
    destination: side,
  },
  { requiredKeys: ['action'] },
);
const rules = fc.array(rule, { maxLength: 2 });
const types = fc.subarray(['Ingress', 'Egress']);
const flag = fc.constantFrom(false, false, false, true);
const calicoSpec = fc.record(
  {
    selector,
    namespaceSelector: selector,
    serviceAccountSelector: selector,
    types,
    order: fc.constantFrom(1, 2.5, -1),
    tier: fc.constantFrom('default', 'security', 'missing'),
    ingress: rules,
    egress: rules,
    doNotTrack: flag,
  },
  { requiredKeys: ['types'] },
);

const labelSelector = fc.record(
  {
    matchLabels: fc.dictionary(fc.constantFrom('app', 'tier', 'env'), values, { maxKeys: 2 }),
    matchExpressions: fc.array(
      fc.record({
        key: fc.constantFrom('app', 'env'),
        operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
        values: fc.array(values, { maxLength: 2 }),
      }),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
);
const kubernetesPeer = fc.oneof(
  fc.record({ podSelector: labelSelector, namespaceSelector: labelSelector }, { requiredKeys: [] }),
  fc.record({ ipBlock: fc.record({ cidr: fc.constantFrom('10.0.0.0/8', '8.0.0.0/8', '0.0.0.0/0') }) }),
);
const kubernetesSpec = fc.record(
  {
    podSelector: labelSelector,
    policyTypes: types,
    ingress: fc.array(fc.record({ from: fc.array(kubernetesPeer, { maxLength: 2 }) }), { maxLength: 2 }),
    egress: fc.array(fc.record({ to: fc.array(kubernetesPeer, { maxLength: 2 }) }), { maxLength: 2 }),
  },
  { requiredKeys: ['podSelector'] },
);
const subject = fc.oneof(
  fc.record({ namespaces: labelSelector }),
  fc.record({ pods: fc.record({ namespaceSelector: labelSelector, podSelector: labelSelector }) }),
);
const clusterAction = fc.constantFrom('Allow', 'Accept', 'Deny', 'Pass');
const clusterEgressPeer = fc.oneof(
  subject,
  nets.map((networks) => ({ networks })),
  fc.constant({ domainNames: ['*.example.com.'] }),
);
const clusterSpec = fc.record(
  {
    tier: fc.constantFrom('Admin', 'Baseline'),
    priority: fc.nat(3),
    subject,
    ingress: fc.array(
      fc.record({
        action: clusterAction,
        from: fc.array(subject, { maxLength: 2 }),
      }),
      {
        maxLength: 2,
      },
    ),
    egress: fc.array(
      fc.record({ action: clusterAction, to: fc.array(clusterEgressPeer, { maxLength: 2 }) }),
      {
        maxLength: 2,
      },
    ),
  },
  { requiredKeys: ['tier', 'priority'] },
);

const inSpace = fc.tuple(spaces, names).map((parts) => parts.join('/'));

/** Any object that plays a part, with names from small pools. */
export const anyObject: fc.Arbitrary<KubernetesObject> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(inSpace, labels, names, maybe(fc.constant(true)))
      .map(([n, l, sa, host]) => make.pod(n, l, sa, { hostNetwork: host })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(names, labels, fc.subarray(['kns.n1', 'p1']))
      .map(([n, l, p]) => make.hostEndpoint(n, l, p)),
  },
  { weight: 2, arbitrary: fc.tuple(spaces, labels).map(([n, l]) => make.namespace(n, l)) },
  { weight: 2, arbitrary: fc.tuple(inSpace, labels).map(([n, l]) => make.serviceAccount(n, l)) },
  { weight: 1, arbitrary: labels.map((l) => make.profile('p1', l)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.oneof(inSpace, names), labels, nets, fc.boolean())
      .map(([n, l, c, d]) => make.networkSet(n, l, c, d ? { allowedEgressDomains: ['example.com'] } : {})),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(inSpace, calicoSpec, flag)
      .map(([n, s, st]) => (st ? make.staged(make.networkPolicy(n, s)) : make.networkPolicy(n, s))),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(names, calicoSpec, flag)
      .map(([n, s, st]) => (st ? make.staged(make.globalPolicy(n, s)) : make.globalPolicy(n, s))),
  },
  { weight: 3, arbitrary: fc.tuple(inSpace, kubernetesSpec).map(([n, s]) => make.kubernetesPolicy(n, s)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('ClusterNetworkPolicy', 'AdminNetworkPolicy', 'BaselineAdminNetworkPolicy'),
        names,
        clusterSpec,
      )
      .map(([k, n, s]) => make.clusterPolicy(k, n, s)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('security', 'default', 'kube-admin'),
        maybe(fc.nat(5)),
        maybe(fc.constantFrom('Pass', 'Deny')),
      )
      .map(([n, o, d]) => make.tier(n, o, d)),
  },
);
