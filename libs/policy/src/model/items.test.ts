import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '@margay/ground';
import { isEndpoint, NetworkState, parseNetwork, PublicNetworks } from '../index.ts';
import { globalPolicy, hostEndpoint, namespace, profile } from '../testing/cluster.ts';

const POD_IP = 'cni.projectcalico.org/podIP';
const made = (status: object, { annotations = {}, deleting = false, spec = {} } = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'p',
    namespace: 'n',
    annotations,
    ...(deleting && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  },
  spec: { nodeName: 'node', ...spec },
  status,
});
const UP = { phase: 'Running', podIP: '10.0.0.1' };

test.each<[string, KubernetesObject, boolean]>([
  ['running with an address', made(UP), true],
  ['with addresses', made({ phase: 'Running', podIPs: [{ ip: '10.0.0.1' }] }), true],
  ['host-networked', made(UP, { spec: { hostNetwork: true } }), false],
  ['not scheduled', made(UP, { spec: { nodeName: '' } }), false],
  ['scheduled, no address yet', made({ phase: 'Pending' }), false],
  ['pending with an address', made({ phase: 'Pending', podIP: '10.0.0.1' }), true],
  ['phase Unknown', made({ ...UP, phase: 'Unknown' }), true],
  ['Succeeded', made({ ...UP, phase: 'Succeeded' }), false],
  ['Failed', made({ ...UP, phase: 'Failed' }), false],
  ['Completed', made({ ...UP, phase: 'Completed' }), false],
  ['being deleted', made(UP, { deleting: true }), true],
  ['being deleted, address kept', made(UP, { deleting: true, annotations: { [POD_IP]: '10.0.0.1' } }), true],
  ['being deleted, address released', made(UP, { deleting: true, annotations: { [POD_IP]: '' } }), false],
  [
    'being deleted, AWS address released',
    made(UP, { deleting: true, annotations: { 'vpc.amazonaws.com/pod-ips': '' } }),
    false,
  ],
  ['annotation empty, not being deleted', made(UP, { annotations: { [POD_IP]: '' } }), true],
  [
    'address in the annotation only',
    made({ phase: 'Running' }, { annotations: { [POD_IP]: '10.0.0.1' } }),
    true,
  ],
  [
    'addresses in the annotation only',
    made({}, { annotations: { 'cni.projectcalico.org/podIPs': '10.0.0.1' } }),
    true,
  ],
])('a pod that is %s: endpoint %s', (_, object, endpoint) => {
  expect(isEndpoint(object)).toBe(endpoint);
  const state = new NetworkState();
  state.upsert(made(UP));
  state.upsert(object);
  expect(state.endpoint('pods/n/p') !== undefined).toBe(endpoint);
});

test('a host endpoint keeps its labels as they are and inherits from its profiles, the first wins', () => {
  const state = new NetworkState();
  for (const object of [
    hostEndpoint('h', { 'pcns.own': 'x', a: 'own' }, ['p1', 'p2', 'kns.n']),
    profile('p1', { a: 'p1', b: 'p1' }),
    profile('p2', { b: 'p2', c: 'p2' }),
    namespace('n', { env: 'x' }),
    globalPolicy('p', {
      selector: "pcns.own == 'x' && a == 'own' && b == 'p1' && c == 'p2' && pcns.env == 'x'",
    }),
    globalPolicy('q', {
      selector: 'has(projectcalico.org/orchestrator) || has(projectcalico.org/namespace)',
    }),
  ]) {
    state.upsert(object);
  }
  expect(
    state
      .endpoint('hostendpoints.projectcalico.org//h')
      ?.applied()
      .map(({ key }) => key.name),
  ).toEqual(['p']);
});

test('host endpoints that are alike in labels and not in profiles are told apart', () => {
  const state = new NetworkState();
  const objects = [hostEndpoint('a', {}, ['p1']), hostEndpoint('b', {}, []), profile('p1', { x: '1' })];
  for (const object of [...objects, globalPolicy('p', { selector: 'has(x)' })]) state.upsert(object);
  const governed = [...state.endpoints()].filter((endpoint) => endpoint.flags.ingressProtected);
  expect(governed.map(({ key }) => key.name)).toEqual(['a']);
});

describe('networks', () => {
  test.each([
    ['10.0.0.0/8', false, ''],
    ['10.1.2.3', false, 'a lone address'],
    ['172.16.0.0/12', false, ''],
    ['172.32.0.0/16', true, ''],
    ['192.168.7.0/24', false, ''],
    ['8.0.0.0/5', true, 'holds 10/8 and more'],
    ['10.0.0.0/7', true, ''],
    ['0.0.0.0/0', true, ''],
    ['::/0', true, ''],
    ['100.64.0.0/10', false, 'shared address space'],
    ['100.0.0.0/8', true, 'it holds more than that'],
    ['169.254.20.10/32', false, "link-local: a node's own DNS cache"],
    ['fe80::/10', false, 'link-local'],
    ['127.0.0.1', false, ''],
    ['fd00::/8', false, ''],
    ['fe80::1', false, ''],
    ['fe00::/8', true, ''],
    ['2001:db8::/32', true, ''],
    ['::1', false, ''],
    ['not a network', false, 'skipped'],
  ])('%s is public: %s %s', (net, isPublic) => {
    expect(new PublicNetworks().firstPublic([net]) !== undefined).toBe(isPublic);
  });

  test.each([
    '',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0/8',
    '010.0.0.0/8',
    '10.0.0.0/8/8',
    '::/129',
    'fe80::1%eth0',
    '1',
  ])('%j is no network', (net) => expect(parseNetwork(net)).toBeUndefined());

  test('the private ones are a setting', () => {
    expect(new PublicNetworks(['8.0.0.0/8']).firstPublic(['8.8.8.8', '10.0.0.1'])).toBe('10.0.0.1');
    expect(() => new NetworkState({ privateNetworks: ['8.0.0.0/8', 'home'] })).toThrow(/"home"/);
  });
});
