import type { Version } from '@margay/history';
import { expect, test } from 'vitest';
import { computeReport } from './compute-report.ts';

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
