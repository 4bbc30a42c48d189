import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '@margay/ground';
import { type EndpointFlags, NetworkState } from '../index.ts';
import {
  globalPolicy,
  hostEndpoint,
  kubernetesPolicy,
  namespace,
  networkPolicy,
  networkSet,
  pod,
  staged,
} from '../testing/cluster.ts';

const POD = 'pods/n/a';
const NAMESPACE = namespace('n', { env: 'x' });

function flags(objects: readonly KubernetesObject[], endpoint = POD): EndpointFlags | undefined {
  const state = new NetworkState();
  for (const object of [pod('n/a'), hostEndpoint('h'), NAMESPACE, ...objects]) state.upsert(object);
  return state.endpoint(endpoint)?.flags;
}

type Peer = Record<string, unknown>;
const allow = (peer: Peer, direction: 'ingress' | 'egress' = 'ingress') => ({
  types: ['Ingress', 'Egress'],
  [direction]: [{ action: 'Allow', [direction === 'ingress' ? 'source' : 'destination']: peer }],
});
const own = (peer: Peer, direction?: 'ingress' | 'egress') => networkPolicy('n/p', allow(peer, direction));
const global = (peer: Peer, direction?: 'ingress' | 'egress') => globalPolicy('p', allow(peer, direction));
const PUBLIC = ['8.8.8.0/24'];

describe('a rule that allows ingress: from the internet, from other namespaces', () => {
  test.each<[string, KubernetesObject[], boolean, boolean]>([
    ['1: no policy applies', [], false, false],
    ['2: a policy without rules', [networkPolicy('n/p', { types: ['Ingress'] })], false, false],
    [
      '3: allow all behind deny all',
      [networkPolicy('n/p', { ingress: [{ action: 'Deny' }, { action: 'Allow' }] })],
      true,
      true,
    ],
    ['4: nets 0.0.0.0/0', [own({ nets: ['0.0.0.0/0'] })], true, false],
    ['4: nets ::/0', [global({ nets: ['::/0'] })], true, false],
    ['5: nets 10.0.0.0/8', [own({ nets: ['10.0.0.0/8'] })], false, false],
    ['6: a net that holds a private one and more', [own({ nets: ['8.0.0.0/5'] })], true, false],
    ['7: one net private, one public', [own({ nets: ['10.0.0.0/8', '8.8.8.8'] })], true, false],
    ['8: loopback and IPv6 private', [own({ nets: ['127.0.0.1', 'fd00::/8', 'fe80::/64'] })], false, false],
    ['9: notNets only', [own({ notNets: ['8.0.0.0/8'] })], true, true],
    [
      '10: all nets but notNets',
      [own({ nets: ['0.0.0.0/0'], notNets: ['0.0.0.0/1', '128.0.0.0/1'] })],
      true,
      false,
    ],
    ['11: notSelector only, cluster-wide', [global({ notSelector: 'has(a)' })], true, true],
    ['12: notSelector only, of a namespace', [own({ notSelector: 'has(a)' })], false, false],
    [
      '12: … though a set of the own namespace may be what is left',
      [own({ notSelector: 'has(a)' }), networkSet('n/s', {}, PUBLIC)],
      true,
      false,
    ],
    [
      '12: … unless the negative selector takes it out',
      [own({ notSelector: 'has(a)' }), networkSet('n/s', { a: '1' }, PUBLIC)],
      false,
      false,
    ],
    ['13: namespaceSelector all()', [own({ namespaceSelector: 'all()' })], false, true],
    [
      '13: … with a public set in some namespace',
      [own({ namespaceSelector: 'all()' }), networkSet('m/s', {}, PUBLIC)],
      true,
      true,
    ],
    [
      '13: … not with a global one',
      [own({ namespaceSelector: 'all()' }), networkSet('s', {}, PUBLIC)],
      false,
      true,
    ],
    [
      '14: namespaceSelector names the own namespace',
      [own({ namespaceSelector: "projectcalico.org/name == 'n'" })],
      false,
      true,
    ],
    [
      '15: global() and a selector',
      [own({ namespaceSelector: 'global()', selector: 'has(z)' }), networkSet('s', { z: '1' }, PUBLIC)],
      true,
      false,
    ],
    [
      '15: … that no global set matches',
      [own({ namespaceSelector: 'global()', selector: 'has(z)' }), networkSet('n/s', { z: '1' }, PUBLIC)],
      false,
      false,
    ],
    ['16: selector only', [own({ selector: 'has(z)' }), networkSet('m/s', { z: '1' }, PUBLIC)], false, false],
    [
      '16: … with a public set of the own namespace',
      [own({ selector: 'has(z)' }), networkSet('n/s', { z: '1' }, PUBLIC)],
      true,
      false,
    ],
    ['17: cluster-wide, all()', [global({ selector: 'all()' })], false, true],
    ['17: … with any public set', [global({ selector: 'all()' }), networkSet('s', {}, PUBLIC)], true, true],
    [
      '18: cluster-wide, pinned to the own namespace',
      [global({ selector: "projectcalico.org/namespace == 'n'" })],
      false,
      true,
    ],
    [
      '19: cluster-wide, selector and private nets',
      [global({ selector: 'all()', nets: ['10.0.0.0/8'] }), networkSet('s', {}, PUBLIC)],
      false,
      false,
    ],
    [
      '19: cluster-wide, selector and public nets',
      [global({ selector: 'all()', nets: PUBLIC }), networkSet('s', {}, PUBLIC)],
      true,
      false,
    ],
    ['20: service accounts, cluster-wide', [global({ serviceAccounts: { names: ['x'] } })], false, true],
    ['20: service accounts, of a namespace', [own({ serviceAccounts: { names: ['x'] } })], false, false],
    ['21: serviceAccounts: {}', [own({ serviceAccounts: {} })], true, true],
    ['22: a service of another namespace', [own({ services: { name: 's', namespace: 'm' } })], false, true],
    ['22: a service of the own namespace', [own({ services: { name: 's', namespace: 'n' } })], false, false],
    ['22: a service without a namespace', [own({ services: { name: 's' } })], false, false],
    [
      '22: cluster-wide, the own namespace',
      [global({ services: { name: 's', namespace: 'n' } })],
      false,
      false,
    ],
    [
      '22: cluster-wide, another namespace',
      [global({ services: { name: 's', namespace: 'm' } })],
      false,
      true,
    ],
    ['24: a set with domains only, ingress', [global({ selector: 'all()' }), domains('s')], false, true],
    ['25: a set without nets', [global({ selector: 'all()' }), networkSet('s', {}, [])], false, true],
    ['26: pods with public addresses', [global({ selector: 'all()' }), publicPod()], false, true],
    ['27: a staged policy', [staged(own({}))], false, false],
    [
      '27: a policy in a tier that passes',
      [globalPolicy('p', { tier: 'kube-admin', ...allow({}) })],
      true,
      true,
    ],
    ['29: Kubernetes, no from', [kubernetesPolicy('n/p', { ingress: [{}] })], true, true],
    ['29: Kubernetes, from: []', [kubernetesPolicy('n/p', { ingress: [{ from: [] }] })], true, true],
    ['29: Kubernetes, no rules', [kubernetesPolicy('n/p', {})], false, false],
    ['30: Kubernetes ipBlock, public', [ipBlock('0.0.0.0/0', ['10.0.0.0/8'])], true, false],
    ['30: Kubernetes ipBlock, private', [ipBlock('10.0.0.0/8')], false, false],
    [
      '31: a rule of a direction that types leave out',
      [networkPolicy('n/p', { types: ['Egress'], ingress: [{ action: 'Allow' }] })],
      false,
      false,
    ],
    [
      '32: preDNAT on a pod',
      [
        globalPolicy('p', {
          preDNAT: true,
          applyOnForward: true,
          types: ['Ingress'],
          ingress: [{ action: 'Allow' }],
        }),
      ],
      false,
      false,
    ],
    [
      'a rule that does not allow',
      [networkPolicy('n/p', { ingress: [{ action: 'Pass' }, { action: 'Log' }] })],
      false,
      false,
    ],
    [
      'the other side of the rule',
      [networkPolicy('n/p', { ingress: [{ action: 'Allow', destination: { nets: ['10.0.0.0/8'] } }] })],
      true,
      true,
    ],
    ['nets that cannot be read are skipped', [own({ nets: ['nonsense'] })], true, true],
    [
      'Kubernetes namespaceSelector',
      [kubernetesPolicy('n/p', { ingress: [{ from: [{ namespaceSelector: {} }] }] })],
      false,
      true,
    ],
    [
      'Kubernetes podSelector',
      [kubernetesPolicy('n/p', { ingress: [{ from: [{ podSelector: {} }] }] })],
      false,
      false,
    ],
  ])('%s', (_, objects, internet, otherNamespace) => {
    expect(flags(objects)).toMatchObject({
      ingressFromInternet: internet,
      ingressFromOtherNamespace: otherNamespace,
      egressToInternet: false,
      egressToOtherNamespace: false,
    });
  });

  function domains(name: string): KubernetesObject {
    return networkSet(name, {}, [], { allowedEgressDomains: ['example.com'] });
  }
  function publicPod(): KubernetesObject {
    return { ...pod('n/b'), status: { phase: 'Running', podIP: '8.8.8.8' } };
  }
  function ipBlock(cidr: string, except: string[] = []): KubernetesObject {
    return kubernetesPolicy('n/p', { ingress: [{ from: [{ ipBlock: { cidr, except } }] }] });
  }
});

describe('a rule that allows egress', () => {
  test.each<[string, KubernetesObject[], boolean, boolean]>([
    ['4: nets', [own({ nets: ['0.0.0.0/0'] }, 'egress')], true, false],
    ['23: domains', [own({ domains: ['example.com'] }, 'egress')], true, false],
    ['23: domains, cluster-wide', [global({ domains: ['example.com'] }, 'egress')], true, false],
    [
      '24: a set with domains only',
      [
        global({ selector: 'all()' }, 'egress'),
        networkSet('s', {}, [], { allowedEgressDomains: ['example.com'] }),
      ],
      true,
      true,
    ],
    ['22: a service', [own({ services: { name: 's', namespace: 'm' } }, 'egress')], false, true],
    ['anything', [own({}, 'egress')], true, true],
  ])('%s', (_, objects, internet, otherNamespace) => {
    expect(flags(objects)).toMatchObject({
      egressToInternet: internet,
      egressToOtherNamespace: otherNamespace,
      ingressFromInternet: false,
      ingressFromOtherNamespace: false,
    });
  });
});

test('28: a host endpoint may talk with the internet, and has no other namespaces', () => {
  expect(flags([global({})], 'hostendpoints.projectcalico.org//h')).toEqual({
    ingressProtected: true,
    egressProtected: true,
    ingressFromInternet: true,
    egressToInternet: false,
    ingressFromOtherNamespace: false,
    egressToOtherNamespace: false,
  });
});

test('protection looks at directions only, not at rules', () => {
  const protections = (objects: KubernetesObject[]) => {
    const { ingressProtected, egressProtected } = flags(objects) ?? {};
    return [ingressProtected, egressProtected];
  };
  expect(protections([])).toEqual([false, false]);
  expect(protections([networkPolicy('n/p', { types: ['Egress'] })])).toEqual([false, true]);
  expect(protections([networkPolicy('n/p', { ingress: [{ action: 'Allow' }] })])).toEqual([true, false]);
  expect(protections([globalPolicy('p', { tier: 'x', ingress: [{ action: 'Pass' }] })])).toEqual([
    true,
    false,
  ]);
  expect(protections([networkPolicy('other/p', {})])).toEqual([false, false]);
});

describe('33, 34: sets and namespaces that change', () => {
  const story = (...objects: KubernetesObject[]) => {
    const state = new NetworkState();
    for (const object of [pod('n/a'), pod('other/b'), ...objects]) state.upsert(object);
    state.flush();
    const now = () => [[...state.flush()], state.endpoint(POD)?.flags.ingressFromInternet];
    /** What one change does: the endpoints that are told of, and whether the internet is reached then. */
    return {
      after: (object: KubernetesObject) => {
        state.upsert(object);
        return now();
      },
      without: (name: string) => {
        state.remove({ group: 'projectcalico.org', resource: 'globalnetworksets', namespace: '', name });
        return now();
      },
    };
  };

  test('a set is made, filled, emptied, relabelled and deleted', () => {
    const { after, without } = story(
      networkPolicy('n/p', allow({ namespaceSelector: 'global()', selector: "z == '1'" })),
    );
    expect(after(networkSet('s', { z: '1' }, ['10.0.0.0/8']))).toEqual([[], false]);
    expect(after(networkSet('s', { z: '1' }, PUBLIC))).toEqual([[POD], true]);
    expect(after(networkSet('s', { z: '1' }, ['9.9.9.9']))).toEqual([[], true]);
    expect(after(networkSet('t', { z: '1' }, PUBLIC))).toEqual([[], true]);
    expect(after(networkSet('s', { z: '2' }, PUBLIC))).toEqual([[], true]);
    expect(without('t')).toEqual([[POD], false]);
    expect(after(networkSet('s', { z: '1' }, PUBLIC))).toEqual([[POD], true]);
    expect(without('s')).toEqual([[POD], false]);
  });

  test('of two sets that are alike in labels one may be public', () => {
    const { after, without } = story(
      globalPolicy('p', allow({ selector: 'all()' })),
      networkSet('s', {}, []),
    );
    expect(after(networkSet('t', {}, PUBLIC))).toEqual([[POD, 'pods/other/b'], true]);
    expect(without('t')).toEqual([[POD, 'pods/other/b'], false]);
  });

  test('a namespace that gets a label brings its pods under a policy, and its sets into a rule', () => {
    const { after } = story(
      networkSet('m/s', {}, PUBLIC),
      globalPolicy('p', {
        namespaceSelector: "env == 'x'",
        ...allow({ namespaceSelector: "zone == 'out'" }),
      }),
    );
    expect(after(namespace('other', { env: 'x' }))).toEqual([['pods/other/b'], false]);
    expect(after(namespace('n', { env: 'x' }))).toEqual([[POD], false]);
    expect(after(namespace('m', { zone: 'out' }))[1]).toBe(true);
    expect(after(namespace('m', {}))[1]).toBe(false);
    expect(after(namespace('n', {}))).toEqual([[POD], false]);
  });

  test('one of two policies that select alike goes elsewhere', () => {
    const open = allow({ nets: PUBLIC });
    const { after } = story(globalPolicy('p', { selector: "app == 'x'" }), pod('n/a', { app: 'x' }));
    expect(after(globalPolicy('q', { selector: "app == 'x'", ...open }))).toEqual([[POD], true]);
    expect(after(globalPolicy('q', { selector: "app == 'x'", ...open, doNotTrack: true }))).toEqual([
      [POD],
      false,
    ]);
    expect(after(globalPolicy('q', { selector: "app == 'x'", ...open }))).toEqual([[POD], true]);
    expect(after(globalPolicy('q', { selector: "app == 'y'", ...open }))).toEqual([[POD], false]);
  });

  test('nothing is told of what does not change anything', () => {
    const policy = networkPolicy('n/p', allow({ nets: PUBLIC }));
    const { after } = story(policy);
    expect(after(policy)).toEqual([[], true]);
    expect(after(networkPolicy('n/p', allow({ nets: ['9.9.9.9'] })))).toEqual([[], true]);
    expect(after(pod('n/a'))).toEqual([[], true]);
    expect(after(networkPolicy('n/p', allow({ nets: ['10.0.0.0/8'] })))).toEqual([[POD], false]);
    expect(after(namespace('n', { unseen: 'x' }))).toEqual([[], false]);
  });
});
