import fc from 'fast-check';
import type { ResourceObject } from '../index.ts';
import * as make from './cluster.ts';

/** Small pools, so that things meet. */
const names = fc.constantFrom('a', 'b', 'c');
const values = fc.constantFrom('x', 'y', '');
const spaces = fc.constantFrom('n1', 'n2');
const labels = fc.dictionary(
  fc.constantFrom('app', 'tier', 'env', 'pcns.env', '__proto__', 'constructor'),
  values,
  {
    maxKeys: 3,
  },
);
const keys = fc.constantFrom('app', 'tier', 'env', 'pcns.env', '__proto__', 'projectcalico.org/namespace');

/** A selector, mostly of positive terms, over the labels that the objects have. */
export const selectorText: fc.Arbitrary<string> = fc.letrec<{ any: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    fc.tuple(keys, values).map(([k, v]) => `${k} == '${v}'`),
    fc.tuple(keys, values).map(([k, v]) => `${k} != "${v}"`),
    fc
      .tuple(keys, fc.array(values, { maxLength: 3 }))
      .map(([k, v]) => `${k} in {${v.map((s) => `'${s}'`).join(',')}}`),
    fc.tuple(keys, values).map(([k, v]) => `${k} not in {'${v}'}`),
    fc
      .tuple(keys, fc.constantFrom('contains', 'starts with', 'ends with'), values)
      .map(([k, op, v]) => `${k} ${op} '${v}'`),
    keys.map((k) => `has(${k})`),
    fc.constantFrom(
      'all()',
      'global()',
      "projectcalico.org/orchestrator == 'k8s'",
      "projectcalico.org/namespace == 'n1'",
    ),
  ),
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('leaf'),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => `${a} && ${b}`),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => `(${a} || ${b})`),
    tie('any').map((a) => `!(${a})`),
    tie('any').map((a) => `!!${a}`),
  ),
})).any;

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const selector = fc.oneof(
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
const clusterSpec = fc.record(
  {
    tier: fc.constantFrom('Admin', 'Baseline'),
    priority: fc.nat(3),
    subject,
    ingress: fc.array(
      fc.record({
        action: fc.constantFrom('Allow', 'Accept', 'Deny'),
        from: fc.array(subject, { maxLength: 2 }),
      }),
      {
        maxLength: 2,
      },
    ),
  },
  { requiredKeys: ['tier', 'priority'] },
);

const inSpace = fc.tuple(spaces, names).map((parts) => parts.join('/'));

/** Any object that plays a part, with names from small pools. */
export const anyObject: fc.Arbitrary<ResourceObject> = fc.oneof(
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
      .tuple(fc.constantFrom('security', 'default'), maybe(fc.nat(5)))
      .map(([n, o]) => make.tier(n, o)),
  },
);
