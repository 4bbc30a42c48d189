import type { Version } from '@margay/history';
import { expect, test } from 'vitest';
import { computeReport } from './compute-report.ts';
import { enforcement } from './enforcement.ts';

const pod = (
  name: string,
  nodeName: string,
  labels: Record<string, string>,
  containers = ['c'],
): Version => ({
  group: '',
  resource: 'pods',
  namespace: 'kube-system',
  name,
  uid: name,
  resourceVersion: '1',
  validFrom: 0,
  content: {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'kube-system', labels },
    spec: { nodeName, containers: containers.map((container) => ({ name: container })) },
  },
});

const web = (node: string) => pod(`web-${node}`, node, { app: 'web' });

test.each<[string, Version[], enforcing: string[], other: string[], without: string[], RegExp]>([
  ['no plugin at all', [web('n1')], [], [], ['n1'], /not known: no pod of a plugin.*governed by policy/],
  [
    'a plugin that enforces nothing',
    [web('n1'), pod('f', 'n1', { app: 'flannel' })],
    [],
    ['Flannel'],
    ['n1'],
    /only of Flannel/,
  ],
  [
    'Calico on every node',
    [web('n1'), pod('c', 'n1', { 'k8s-app': 'calico-node' })],
    ['Calico'],
    [],
    [],
    /^Policies are enforced by Calico, seen on 1 node;/,
  ],
  [
    'Cilium on one node of two',
    [web('n1'), web('n2'), pod('c', 'n1', { 'k8s-app': 'cilium' })],
    ['Cilium'],
    [],
    ['n2'],
    /On 1 node that ran pods it was not seen/,
  ],
  [
    'AWS without its policy agent',
    [web('n1'), pod('a', 'n1', { 'k8s-app': 'aws-node' }, ['aws-node'])],
    [],
    ['AWS VPC CNI'],
    ['n1'],
    /not known/,
  ],
  [
    'AWS with it',
    [web('n1'), pod('a', 'n1', { 'k8s-app': 'aws-node' }, ['aws-node', 'aws-eks-nodeagent'])],
    ['AWS VPC CNI with network policies'],
    [],
    [],
    /enforced by AWS/,
  ],
  ['half of Antrea’s labels', [web('n1'), pod('a', 'n1', { app: 'antrea' })], [], [], ['n1'], /not known/],
])('%s', (_, versions, enforcing, other, without, statement) => {
  const found = enforcement(versions);
  expect(found).toMatchObject({ enforcing, other, nodesWithout: { total: without.length, names: without } });
  expect(found.statement).toMatch(statement);
});

const cilium = (node: string) => pod(`cilium-${node}`, node, { 'k8s-app': 'cilium' });

const config = (
  data: Record<string, string> | undefined,
  { from = 0, to, name = 'cilium-config' }: { from?: number; to?: number; name?: string } = {},
): Version => ({
  group: '',
  resource: 'configmaps',
  namespace: 'kube-system',
  name,
  uid: name,
  resourceVersion: '1',
  validFrom: from,
  ...(to !== undefined && { validTo: to }),
  content: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'kube-system' },
    ...(data && { data }),
  },
});

const WINDOW = { start: 10, end: 20 };
const aws = pod('a', 'n1', { 'k8s-app': 'aws-node' }, ['aws-node', 'aws-eks-nodeagent']);

test.each<[string, Version[], Version[], enforcing: string[], statement: RegExp, not: RegExp]>([
  [
    'by default',
    [cilium('n1')],
    [config({ 'enable-policy': 'default' })],
    ['Cilium'],
    /^Policies are enforced by Cilium, seen on 1 node\. Cilium as set up by kube-system\/cilium-config: from 1970-01-01T00:00:00.00001\d*Z on enable-policy is default\./,
    /not enforced|is set up is not known/,
  ],
  [
    'with nothing said',
    [cilium('n1')],
    [config({})],
    ['Cilium'],
    /nothing that changes enforcement is set/,
    /not enforced/,
  ],
  [
    'never',
    [web('n1'), cilium('n1')],
    [config({ 'enable-policy': 'Never' })],
    [],
    /^Policies were not enforced\. Cilium, seen on 1 node, .* “governed by policy, not enforced”.*enable-policy is Never, so that no policy is enforced/,
    /are enforced by/,
  ],
  [
    'in audit mode',
    [cilium('n1')],
    [config({ 'enable-policy': 'always', 'policy-audit-mode': 'true' })],
    [],
    /policy-audit-mode is true, so that what policies deny passes/,
    /are enforced by/,
  ],
  [
    'always',
    [cilium('n1')],
    [config({ 'enable-policy': 'always', 'policy-audit-mode': 'false' })],
    ['Cilium'],
    /pods that no policy selects are denied by default/,
    /not enforced/,
  ],
  [
    'never, and then by default',
    [cilium('n1')],
    [config({ 'enable-policy': 'never' }, { to: 15 }), config({ 'enable-policy': 'default' }, { from: 15 })],
    ['Cilium'],
    /but not throughout.* to 1970-01-01T00:00:00.000015Z enable-policy is never.*; from 1970-01-01T00:00:00.000015Z on enable-policy is default/,
    /were not enforced/,
  ],
  [
    'so that nobody saw how',
    [cilium('n1')],
    [config(undefined)],
    ['Cilium'],
    /set up is not known throughout.*nobody saw how/,
    /were not enforced/,
  ],
  [
    'otherwise before the window',
    [cilium('n1')],
    [config({ 'enable-policy': 'never' }, { to: 10 })],
    ['Cilium'],
    /how it is set up is not known/,
    /never/,
  ],
  [
    'never, where no pod of it was seen',
    [web('n1')],
    [config({ 'enable-policy': 'never' })],
    [],
    /^Enforcement is not known.*so that no policy is enforced/,
    /were not enforced/,
  ],
  [
    'as AWS is without its controller',
    [aws],
    [config({ 'enable-network-policy-controller': 'false' }, { name: 'amazon-vpc-cni' })],
    [],
    /^Policies were not enforced\. AWS/,
    /are enforced by/,
  ],
  [
    'as AWS is with it',
    [aws],
    [config({ 'enable-network-policy-controller': 'true' }, { name: 'amazon-vpc-cni' })],
    ['AWS VPC CNI with network policies'],
    /^Policies are enforced by AWS.*is true\./,
    /not enforced/,
  ],
])('set up %s', (_, pods, settings, enforcing, statement, not) => {
  const found = enforcement(pods, settings, WINDOW);
  expect(found.enforcing).toEqual(enforcing);
  expect(found.statement).toMatch(statement);
  expect(found.statement).not.toMatch(not);
});

test('times of a setup are told by instant, each once', () => {
  const never = { 'enable-policy': 'never' };
  const versions = [
    config(never, { from: 15, to: 17 }),
    config({ 'enable-policy': 'default' }, { to: 12 }),
    config(never, { from: 12, to: 15 }),
  ];
  expect(
    enforcement([cilium('n1')], versions, WINDOW).settings.map(({ since, until, values, off }) => [
      since.slice(-6),
      until?.slice(-6),
      values['enable-policy'],
      off,
    ]),
  ).toEqual([
    ['00010Z', '00012Z', 'default', false],
    ['00012Z', '00017Z', 'never', true],
  ]);
});

test('how a plugin is set up changes no row and leaves none open, whatever is not known of it', () => {
  const asked = { name: 'r', spec: { reportType: 'network-access' }, window: WINDOW };
  const pods = [web('n1'), cilium('n1')].map((one) => ({
    ...one,
    content: { ...one.content, status: { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }] } },
  }));
  const doubt = {
    reason: 'no-content',
    may: 'be-anything',
    message: '',
    source: '',
    since: 12,
    answeredAt: 12,
  };
  const inDoubt = { ...config({ 'enable-policy': 'never' }, { from: 12 }), doubt } as Version;
  const { evidence, digest: _, ...rows } = computeReport({ ...asked, versions: [...pods, inDoubt] });
  const without = computeReport({ ...asked, versions: pods });
  const { evidence: before, digest: __, ...rowsBefore } = without;
  expect(rows).toEqual(rowsBefore);
  expect(evidence).toEqual({ ...before, enforcement: expect.anything() as unknown });
  expect(evidence.enforcement.settings).toMatchObject([{ known: false, off: false, values: {} }]);
});

const daemonSet = (name: string, labels: Record<string, string>, containers = ['c']): Version => ({
  ...config(undefined, { name }),
  group: 'apps',
  resource: 'daemonsets',
  content: {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'kube-system' },
    spec: {
      template: {
        metadata: { labels },
        spec: { containers: containers.map((container) => ({ name: container })) },
      },
    },
  },
});
const unseen = (name: string): Version => {
  const { spec: _, ...content } = daemonSet(name, {}).content;
  return { ...daemonSet(name, {}), content };
};

test.each<[string, Version[], Version[], enforcing: string[], other: string[], RegExp]>([
  [
    'of Calico',
    [web('n1')],
    [daemonSet('calico-node', { 'k8s-app': 'calico-node' })],
    ['Calico'],
    [],
    /enforced by Calico, whose DaemonSet was seen and no pods; how it is set up is not known\. On 1 node .* not seen/,
  ],
  [
    'of Calico, beside its pods',
    [pod('c', 'n1', { 'k8s-app': 'calico-node' })],
    [daemonSet('calico-node', { 'k8s-app': 'calico-node' })],
    ['Calico'],
    [],
    /enforced by Calico, seen on 1 node/,
  ],
  ['of another by that name', [], [daemonSet('cilium', { app: 'other' })], [], [], /not known/],
  ['of Cilium, by its name alone', [], [unseen('cilium')], ['Cilium'], [], /enforced by Cilium/],
  ['of AWS, by its name alone, which may enforce or not', [], [unseen('aws-node')], [], [], /not known/],
  [
    'of AWS with its agent',
    [],
    [daemonSet('aws-node', { 'k8s-app': 'aws-node' }, ['aws-node', 'aws-eks-nodeagent'])],
    ['AWS VPC CNI with network policies'],
    [],
    /enforced by AWS/,
  ],
  [
    'of AWS without',
    [],
    [daemonSet('aws-node', { 'k8s-app': 'aws-node' }, ['aws-node'])],
    [],
    ['AWS VPC CNI'],
    /only of AWS/,
  ],
])('a DaemonSet %s', (_, pods, settings, enforcing, other, statement) => {
  const found = enforcement(pods, settings, WINDOW);
  expect(found).toMatchObject({ enforcing, other, settings: [] });
  expect(found.statement).toMatch(statement);
});
