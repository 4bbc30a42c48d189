import type { Version } from '@margay/history';
import { expect, test } from 'vitest';
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
