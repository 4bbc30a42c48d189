import { keyText } from '@margay/ground';
import type { Version } from '@margay/history';
import { expect, test } from 'vitest';
import { clusterAt } from './cluster-at.ts';
import { computeReport } from './compute-report.ts';
import { endpointTimeline } from './timeline.ts';

const object = (
  key: Pick<Version, 'group' | 'resource' | 'namespace' | 'name'>,
  content: object,
  from = 0,
  to?: number,
): Version => ({
  ...key,
  uid: `${key.namespace}/${key.name}`,
  resourceVersion: '1',
  validFrom: from,
  ...(to !== undefined && { validTo: to }),
  content: {
    metadata: { name: key.name, namespace: key.namespace },
    ...content,
  } as unknown as Version['content'],
});

const pod = (namespace: string): Version =>
  object(
    { group: '', resource: 'pods', namespace, name: 'web' },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      spec: { nodeName: 'n' },
      status: { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }] },
    },
  );

const foreign = (
  group: string,
  resource: string,
  kind: string,
  namespace: string,
  from = 0,
  to?: number,
): Version =>
  object(
    { group, resource, namespace, name: 'deny' },
    { apiVersion: `${group}/v1`, kind, spec: {} },
    from,
    to,
  );

const reported = (policy: Version, window = { start: 10, end: 20 }) =>
  computeReport({
    name: 'r',
    spec: { reportType: 'network-access' },
    window,
    versions: [pod('shop'), pod('pay'), policy],
  });

test.each([
  ['cilium.io', 'ciliumnetworkpolicies', 'CiliumNetworkPolicy', 'shop', ['shop']],
  ['cilium.io', 'ciliumclusterwidenetworkpolicies', 'CiliumClusterwideNetworkPolicy', '', ['pay', 'shop']],
  ['crd.antrea.io', 'networkpolicies', 'NetworkPolicy', 'pay', ['pay']],
  ['k8s.cni.cncf.io', 'multi-networkpolicies', 'MultiNetworkPolicy', 'pay', ['pay']],
])(
  'a %s %s leaves open whether what it may select is protected, by name',
  (group, resource, kind, namespace, open) => {
    const { endpoints, evidence } = reported(foreign(group, resource, kind, namespace));
    const notKnown = endpoints.filter((row) => row.notKnown.includes('ingressProtected'));
    expect(notKnown.map((row) => row.namespace)).toEqual(open);
    for (const row of notKnown) expect(row.doubts.length).toBe(1);
    expect(evidence.doubts.listed[0]?.message).toContain(kind);
    expect(evidence.unreadPolicies.total).toBe(1);
  },
);

test('where it is gone, it leaves nothing open', () => {
  const gone = foreign('cilium.io', 'ciliumnetworkpolicies', 'CiliumNetworkPolicy', 'shop', 0, 5);
  const { endpoints, evidence } = reported(gone);
  for (const row of endpoints) expect(row.notKnown).toEqual([]);
  expect(evidence.doubts.total).toBe(0);
});

const definition = (name: string, from = 0, to?: number): Version =>
  object(
    { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', namespace: '', name },
    { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
    from,
    to,
  );

const CILIUM = { group: 'cilium.io', resource: 'ciliumnetworkpolicies' };

test.each<[string, Version, Partial<Parameters<typeof computeReport>[0]>, string[]]>([
  [
    'is there',
    definition('ciliumnetworkpolicies.cilium.io'),
    {},
    ['foreign-kind ciliumnetworkpolicies.cilium.io'],
  ],
  ['of another kind is there', definition('ciliumnodes.cilium.io'), {}, []],
  [
    'of a kind that is understood is there',
    definition('globalnetworkpolicies.crd.projectcalico.org'),
    {},
    [],
  ],
  ['was gone before the window', definition('ciliumnetworkpolicies.cilium.io', 0, 5), {}, []],
  [
    'came in the window',
    definition('authorizationpolicies.security.istio.io', 15),
    {},
    ['foreign-kind authorizationpolicies.security.istio.io'],
  ],
  [
    'is there, and a list showed none',
    definition('ciliumnetworkpolicies.cilium.io'),
    { listings: [{ ...CILIUM, at: 5 }] },
    [],
  ],
  [
    'is there, and its kind is watched',
    definition('ciliumnetworkpolicies.cilium.io'),
    { watched: [{ ...CILIUM, blind: [] }] },
    [],
  ],
])('where a definition %s, it is not known whether there are objects: %#', (_, defined, beside, expected) => {
  const { evidence, endpoints } = computeReport({
    name: 'r',
    spec: { reportType: 'network-access' },
    window: { start: 10, end: 20 },
    versions: [pod('shop'), defined],
    watched: [],
    ...beside,
  });
  const told = evidence.doubts.listed.map(({ reason, about }) => `${reason} ${about}`);
  expect(told).toEqual(expected);
  const row = endpoints[0]!;
  expect('notKnown' in row && row.notKnown.length > 0).toBe(expected.length > 0);
});

test('an instant and a timeline leave open what the report does while a definition is there', () => {
  const web = pod('shop');
  const versions = [web, definition('ciliumnetworkpolicies.cilium.io', 12, 15)];
  const protection = (at: number) => clusterAt(versions, at, { watched: [] }).network.endpoint(keyText(web));
  expect([11, 12, 14, 15].map((at) => protection(at)?.mayFlags.ingressProtected)).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(protection(12)?.doubts).toEqual([
    'foreign-kind/ciliumnetworkpolicies.cilium.io/1970-01-01T00:00:00.000012Z',
  ]);
  const { spans } = endpointTimeline(versions, web, { start: 10, end: 20 }, { watched: [] })!;
  expect(spans.map(({ start, notKnown }) => [start, notKnown.includes('ingressProtected')])).toEqual([
    [10, false],
    [12, true],
    [15, false],
  ]);
});
