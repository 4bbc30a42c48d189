import { describe, expect, test } from 'vitest';
import { asServed, keyOf, keyText, type KubernetesObject } from '@margay/ground';
import { NetworkState, printName, readPolicy } from '../index.ts';
import {
  clusterPolicy,
  globalPolicy,
  hostEndpoint,
  kubernetesPolicy,
  namespace,
  networkPolicy,
  networkSet,
  pod,
  serviceAccount,
  staged,
  tier,
} from '../testing/cluster.ts';

const read = (object: KubernetesObject) => {
  const key = keyOf(object);
  const policy = key && readPolicy(object, key);
  if (policy === undefined) throw new Error('not a policy');
  return policy;
};
const state = (...objects: KubernetesObject[]) => {
  const made = new NetworkState();
  for (const object of objects) made.upsert(object);
  return made;
};
/** What the objects make of a pod of namespace n. */
const flags = (...objects: KubernetesObject[]) => {
  const found = state(namespace('n'), pod('n/a'), ...objects).endpoint('pods/n/a')?.flags;
  if (found === undefined) throw new Error('no endpoint');
  return found;
};
/** Names of the endpoints that a policy is enforced on. */
const governed = (policy: KubernetesObject, ...objects: KubernetesObject[]) =>
  [...state(policy, ...objects).endpoints()]
    .filter((endpoint) => endpoint.applied().length > 0)
    .map(({ key }) => key.name)
    .sort();

describe('types', () => {
  const rule = [{ action: 'Deny' }];
  test.each<[Record<string, unknown>, string, string]>([
    [{}, 'ingress', 'no rules at all'],
    [{ ingress: rule }, 'ingress', ''],
    [{ egress: rule }, 'egress', ''],
    [{ ingress: rule, egress: rule }, 'both', ''],
    [{ ingress: [], egress: rule }, 'egress', 'counted by length'],
    [{ types: [] }, 'ingress', 'empty is absent'],
    [{ types: ['Egress'] }, 'egress', ''],
    [{ types: ['Ingress', 'Egress'] }, 'both', ''],
    [{ types: ['Ingress'], egress: rule }, 'ingress', 'as it says'],
    [{ preDNAT: true, types: ['Ingress', 'Egress'] }, 'ingress', 'preDNAT is ingress only'],
  ])('of a Calico policy %j: %s %s', (spec, expected) =>
    expect(typesOf(globalPolicy('p', spec))).toBe(expected),
  );

  test.each<[Record<string, unknown>, string, string]>([
    [{}, 'ingress', ''],
    [{ egress: [{}] }, 'ingress', 'even with egress rules'],
    [{ policyTypes: ['Egress'] }, 'egress', ''],
    [{ policyTypes: ['Ingress', 'Egress'] }, 'both', ''],
  ])('of a Kubernetes policy %j: %s %s', (spec, expected) => {
    expect(typesOf(kubernetesPolicy('n/p', spec))).toBe(expected);
  });

  test.each<[Record<string, unknown>, string, string]>([
    [{}, 'both', 'without rules'],
    [{ ingress: [{ action: 'Deny' }] }, 'ingress', ''],
    [{ egress: [{ action: 'Accept' }] }, 'egress', ''],
  ])('of a cluster network policy %j: %s %s', (spec, expected) => {
    const all = { tier: 'Admin', priority: 1, subject: { namespaces: {} }, ...spec };
    expect(typesOf(clusterPolicy('ClusterNetworkPolicy', 'p', all))).toBe(expected);
  });

  function typesOf(object: KubernetesObject): string {
    const { ingress, egress } = read(object).types;
    return ingress && egress ? 'both' : ingress ? 'ingress' : egress ? 'egress' : 'none';
  }
});

describe('Kubernetes policies', () => {
  test.each([
    [{}, '(projectcalico.org/orchestrator == "k8s" && projectcalico.org/namespace == "n")'],
    [
      { podSelector: { matchLabels: { b: '2', a: '1' } } },
      '((projectcalico.org/orchestrator == "k8s" && a == "1" && b == "2") && projectcalico.org/namespace == "n")',
    ],
    [
      {
        podSelector: {
          matchExpressions: [
            { key: 'a', operator: 'In', values: ['y', 'x'] },
            { key: 'b', operator: 'NotIn', values: ['z'] },
            { key: 'c', operator: 'Exists' },
            { key: 'd', operator: 'DoesNotExist' },
          ],
        },
      },
      '((projectcalico.org/orchestrator == "k8s" && a in {"x", "y"} && b not in {"z"} && has(c) && !has(d)) && projectcalico.org/namespace == "n")',
    ],
  ])('%j', (spec, selector) => expect(read(kubernetesPolicy('n/p', spec)).subject?.canonical).toBe(selector));

  const K8S = 'projectcalico.org/orchestrator == "k8s"';
  const OWN = 'projectcalico.org/namespace == "n"';
  test.each<[object[], (string | undefined)[], string]>([
    [[], [undefined], 'no peers: any address'],
    [[{ podSelector: {} }], [`(${OWN} && ${K8S})`], 'own namespace'],
    [[{ podSelector: { matchLabels: { a: '1' } } }], [`(${OWN} && (${K8S} && a == "1"))`], ''],
    [[{ namespaceSelector: {} }], [`(has(projectcalico.org/namespace) && ${K8S})`], 'any namespace'],
    [[{ namespaceSelector: { matchLabels: { e: 'x' } } }], [`(pcns.e == "x" && ${K8S})`], ''],
    [
      [{ namespaceSelector: { matchLabels: { e: 'x' } }, podSelector: { matchLabels: { a: '1' } } }],
      [`(pcns.e == "x" && (${K8S} && a == "1"))`],
      'both',
    ],
    [[{}], [`(${OWN} && ${K8S})`], 'an empty peer is all pods of the own namespace'],
    [
      [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }, { podSelector: {} }],
      [undefined, `(${OWN} && ${K8S})`],
      '',
    ],
  ])('from %j: %j %s', (from, selectors) => {
    const policy = read(kubernetesPolicy('n/p', { podSelector: {}, ingress: [{ from }] }));
    expect(policy.allows.ingress.map(({ peer }) => peer.selector?.canonical)).toEqual(selectors);
  });

  test('never select host endpoints or network sets', () => {
    const everyone = kubernetesPolicy('n/p', {
      podSelector: { matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] },
      ingress: [{ from: [{ namespaceSelector: {} }] }],
    });
    expect(governed(everyone, hostEndpoint('h'), pod('n/p1'), pod('other/p2'))).toEqual(['p1']);
    const made = state(
      everyone,
      pod('n/p1'),
      networkSet('n/s', {}, ['8.8.8.8']),
      networkSet('g', {}, ['8.8.8.8']),
    );
    expect(made.endpoint('pods/n/p1')?.flags).toMatchObject({ ingressFromInternet: false });
  });

  test('a network that is none leaves the rule without restriction, and is a problem', () => {
    const policy = read(
      kubernetesPolicy('n/p', { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/99' } }] }] }),
    );
    expect(policy.allows.ingress[0]?.peer).toMatchObject({ selector: undefined, nets: [] });
    expect(policy.problems).toMatchObject([{ field: 'spec.ingress[0].from[0].ipBlock.cidr' }]);
  });
});

describe('cluster-wide Kubernetes policies', () => {
  const subject = { namespaces: { matchLabels: { e: 'x' } } };
  test.each([
    ['ClusterNetworkPolicy', { tier: 'Admin', priority: 7, subject }, 'kube-admin', 7],
    ['ClusterNetworkPolicy', { tier: 'Baseline', priority: 7, subject }, 'kube-baseline', 7],
    ['AdminNetworkPolicy', { priority: 3, subject }, 'adminnetworkpolicy', 3],
    ['BaselineAdminNetworkPolicy', { subject }, 'baselineadminnetworkpolicy', 1000],
  ])('%s %j is in tier %s with order %i', (kind, spec, expected, order) => {
    expect(read(clusterPolicy(kind, 'p', spec))).toMatchObject({ tier: expected, order });
  });

  test.each([
    [
      { namespaces: { matchLabels: { e: 'x' } } },
      '((projectcalico.org/orchestrator == "k8s") && pcns.e == "x")',
    ],
    [{ namespaces: {} }, 'has(projectcalico.org/namespace)'],
    [{ pods: { namespaceSelector: {}, podSelector: { matchLabels: { a: '1' } } } }, 'a == "1"'],
  ])('selects by its subject %j', (given, part) => {
    const policy = read(clusterPolicy('AdminNetworkPolicy', 'p', { priority: 1, subject: given }));
    expect(policy.subject?.canonical.replaceAll(/[()]/g, '')).toContain(part.replaceAll(/[()]/g, ''));
    expect(
      governed(clusterPolicy('AdminNetworkPolicy', 'p', { priority: 1, subject: given }), hostEndpoint('h')),
    ).toEqual([]);
  });

  test.each([
    ['ClusterNetworkPolicy', { tier: 'Middle', subject }, 'spec.tier'],
    ['AdminNetworkPolicy', {}, 'spec.subject'],
  ])('%s %j is not in force, and a problem', (kind, spec, field) => {
    const policy = clusterPolicy(kind, 'p', spec);
    expect(governed(policy, namespace('n', { e: 'x' }), pod('n/p'))).toEqual([]);
    expect(state(policy).problems()).toMatchObject([{ field }]);
  });

  test('networks are nets; an Allow rule with a peer that cannot be converted is dropped, and a problem', () => {
    const egress = [
      { action: 'Allow', to: [{ networks: ['8.8.8.0/24'] }] },
      { action: 'Allow', to: [{ networks: ['9.9.9.0/24'] }, { nodes: {} }] },
      { action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }] },
    ];
    const policy = read(clusterPolicy('AdminNetworkPolicy', 'p', { subject, egress }));
    expect(policy.allows.egress.map(({ peer }) => peer.nets)).toEqual([['8.8.8.0/24']]);
    expect(policy.problems).toMatchObject([{ field: 'spec.egress[1].to[1]' }]);
  });

  test('domain names are outside, for egress', () => {
    const peer = { domainNames: ['*.example.com.'] };
    const flagsOf = (kind: string, rules: Record<string, unknown>) =>
      flags(clusterPolicy(kind, 'p', { tier: 'Admin', subject: { namespaces: {} }, ...rules }));
    const egress = [{ action: 'Accept', to: [peer] }];
    expect(flagsOf('ClusterNetworkPolicy', { egress })).toMatchObject({
      egressProtected: true,
      egressToInternet: true,
      egressToOtherNamespace: false,
    });
    const ingress = [{ action: 'Accept', from: [peer] }];
    expect(flagsOf('ClusterNetworkPolicy', { ingress })).toMatchObject({ ingressFromInternet: false });
  });

  test('a network that cannot be read is named', () => {
    const egress = [{ action: 'Allow', to: [{ networks: ['10.0.0.0/8', '8.8.8.0/33', 7] }] }];
    const policy = read(clusterPolicy('AdminNetworkPolicy', 'p', { subject, egress }));
    expect(policy.allows.egress).toEqual([]);
    expect(policy.problems).toMatchObject([
      { field: 'spec.egress[0].to[0].networks[1]', message: expect.stringContaining('"8.8.8.0/33"') },
      { field: 'spec.egress[0].to[0].networks[2]', message: expect.stringContaining('7 is not a network') },
    ]);
  });
});

describe('a policy in a tier that passes by default', () => {
  const everyone = { subject: { namespaces: {} } };
  const inTier = (spec: Record<string, unknown>) => globalPolicy('p', { tier: 't', ...spec });
  const TYPES = { types: ['Ingress', 'Egress'] };
  const passing = tier('t', 5, 'Pass');
  test.each<[string, KubernetesObject[], string]>([
    ['AdminNetworkPolicy without rules', [clusterPolicy('AdminNetworkPolicy', 'p', everyone)], 'none'],
    [
      'BaselineAdminNetworkPolicy without rules',
      [clusterPolicy('BaselineAdminNetworkPolicy', 'p', everyone)],
      'none',
    ],
    [
      'ClusterNetworkPolicy without rules, Admin',
      [clusterPolicy('ClusterNetworkPolicy', 'p', { ...everyone, tier: 'Admin' })],
      'none',
    ],
    [
      'ClusterNetworkPolicy without rules, Baseline',
      [clusterPolicy('ClusterNetworkPolicy', 'p', { ...everyone, tier: 'Baseline', egress: [] })],
      'none',
    ],
    [
      'AdminNetworkPolicy that denies ingress',
      [clusterPolicy('AdminNetworkPolicy', 'p', { ...everyone, ingress: [{ action: 'Deny', from: [] }] })],
      'ingress',
    ],
    ['policy without rules', [passing, inTier(TYPES)], 'none'],
    ['policy with rules for egress', [passing, inTier({ ...TYPES, egress: [{ action: 'Deny' }] })], 'egress'],
    [
      'policy whose rules pass: what rules do plays no part',
      [passing, inTier({ ...TYPES, ingress: [{ action: 'Pass' }] })],
      'ingress',
    ],
    ['policy without rules, after a Tier that denies', [tier('t', 5, 'Deny'), inTier(TYPES)], 'both'],
    ['policy without rules, Tier without a default action', [tier('t', 5), inTier(TYPES)], 'both'],
    ['policy without rules in a tier that nobody made', [inTier(TYPES)], 'both'],
    [
      'fixed tier whose Tier object denies',
      [tier('adminnetworkpolicy', 5, 'Deny'), clusterPolicy('AdminNetworkPolicy', 'p', everyone)],
      'both',
    ],
    [
      'policy without rules beside one that denies by its tier',
      [passing, inTier(TYPES), networkPolicy('n/q', { types: ['Egress'] })],
      'egress',
    ],
  ])('%s', (_, objects, expected) => {
    const { ingressProtected, egressProtected } = flags(...objects);
    const found = ingressProtected && egressProtected ? 'both' : ingressProtected ? 'ingress' : 'egress';
    expect(ingressProtected || egressProtected ? found : 'none').toBe(expected);
  });

  test('protects as soon as its tier denies, and no longer when it passes again', () => {
    const network = state(namespace('n'), pod('n/a'), passing, inTier(TYPES));
    const isProtected = () => network.endpoint('pods/n/a')?.flags.ingressProtected;
    expect(isProtected()).toBe(false);
    network.upsert(tier('t', 5, 'Deny'));
    expect(isProtected()).toBe(true);
    network.upsert(passing);
    expect(isProtected()).toBe(false);
    network.remove({ group: 'projectcalico.org', resource: 'tiers', namespace: '', name: 't' });
    expect(isProtected()).toBe(true);
  });

  test('is explained as governing nothing', () => {
    const explanation = state(namespace('n'), pod('n/a'), passing, inTier(TYPES)).explain('pods/n/a');
    expect(explanation?.applied).toMatchObject([{ types: { ingress: false, egress: false } }]);
    expect(explanation?.flags[0]).toMatchObject({ flag: 'ingressProtected', holds: false, causes: [] });
  });
});

describe('selecting', () => {
  test.each([
    ['!has(env)', ['h'], 'a negative namespace selector matches host endpoints'],
    ["env != 'prod'", ['h'], ''],
    ["env not in {'prod'}", ['h'], ''],
    ["has(projectcalico.org/name) && env != 'dev'", ['a'], ''],
    ["env == 'prod'", ['a'], ''],
    ["projectcalico.org/name == 'n'", ['a'], ''],
  ])('namespaceSelector %s governs %j %s', (namespaceSelector, expected) => {
    const objects = [
      namespace('n', { env: 'prod', 'projectcalico.org/name': 'fake' }),
      pod('n/a'),
      hostEndpoint('h'),
    ];
    expect(governed(globalPolicy('p', { namespaceSelector }), ...objects)).toEqual(expected);
  });

  test('!all() with a namespace selector turns to host endpoints', () => {
    const objects = [namespace('n'), pod('n/a'), hostEndpoint('h')];
    expect(
      governed(globalPolicy('p', { selector: '!all()', namespaceSelector: '!has(env)' }), ...objects),
    ).toEqual(['h']);
    expect(governed(globalPolicy('p', { selector: '!all()' }), ...objects)).toEqual([]);
  });

  test('a service account is selected in all namespaces, by its name also where there is no object', () => {
    const accounts = [serviceAccount('n1/web', { r: 'x' }), serviceAccount('n2/web', { r: 'x' })];
    const pods = [pod('n1/a', {}, 'web'), pod('n2/b', {}, 'web'), pod('n3/c', {}, 'web')];
    const policy = globalPolicy('p', { serviceAccountSelector: "r == 'x'" });
    expect(governed(policy, ...accounts, ...pods)).toEqual(['a', 'b']);
    const byName = globalPolicy('p', { selector: "projectcalico.org/serviceaccount == 'web'" });
    expect(governed(byName, ...accounts, ...pods)).toEqual(['a', 'b', 'c']);
  });

  test('a pod cannot pretend to be elsewhere or to inherit', () => {
    const liar = pod('n/a', {
      'pcns.env': 'prod',
      'pcsa.r': 'x',
      'projectcalico.org/namespace': 'm',
      'projectcalico.org/serviceaccount': 'root',
    });
    for (const selector of [
      'has(pcns.env)',
      'has(pcsa.r)',
      "projectcalico.org/namespace == 'm'",
      "projectcalico.org/serviceaccount == 'root'",
    ]) {
      expect(governed(globalPolicy('p', { selector }), liar)).toEqual([]);
    }
    const nameless = pod('n/b', { 'projectcalico.org/serviceaccount': 'root' }, '');
    expect(
      governed(globalPolicy('p', { selector: "projectcalico.org/serviceaccount == 'root'" }), nameless),
    ).toEqual(['b']);
  });

  test('labels of a namespace and a service account go at the instant their object goes', () => {
    const made = state(
      namespace('n', { env: 'x' }),
      serviceAccount('n/default', { r: 'y' }),
      pod('n/a'),
      globalPolicy('by-namespace', { selector: "pcns.env == 'x'" }),
      globalPolicy('by-account', { selector: "pcsa.r == 'y'" }),
      networkPolicy('n/own', {}),
    );
    const names = () =>
      made
        .endpoint('pods/n/a')
        ?.applied()
        .map(({ key }) => key.name);
    expect(names()).toEqual(['by-account', 'by-namespace', 'own']);
    made.remove({ group: '', resource: 'namespaces', namespace: '', name: 'n' });
    expect(names()).toEqual(['by-account', 'own']);
    made.remove({ group: '', resource: 'serviceaccounts', namespace: 'n', name: 'default' });
    expect(names()).toEqual(['own']);
    made.upsert(namespace('n', { env: 'x' }));
    expect(names()).toEqual(['by-namespace', 'own']);
  });

  test('staged policies and those for host endpoints select, and do not apply to pods', () => {
    const made = state(
      pod('n/a'),
      hostEndpoint('h'),
      staged(networkPolicy('n/staged')),
      staged(globalPolicy('staged')),
      {
        ...kubernetesPolicy('n/staged'),
        apiVersion: 'projectcalico.org/v3',
        kind: 'StagedKubernetesNetworkPolicy',
      },
      globalPolicy('untracked', { doNotTrack: true, applyOnForward: true, types: ['Ingress'] }),
      globalPolicy('before', { preDNAT: true, applyOnForward: true, types: ['Ingress'] }),
    );
    expect(made.endpoint('pods/n/a')?.applied()).toEqual([]);
    expect(made.endpoint('pods/n/a')?.flags.ingressProtected).toBe(false);
    expect([...(made.endpoint('pods/n/a')?.selectedBy() ?? [])].map(keyText).sort()).toEqual([
      'globalnetworkpolicies.projectcalico.org//before',
      'globalnetworkpolicies.projectcalico.org//untracked',
      'stagedglobalnetworkpolicies.projectcalico.org//staged',
      'stagedkubernetesnetworkpolicies.projectcalico.org/n/staged',
      'stagednetworkpolicies.projectcalico.org/n/staged',
    ]);
    const host = made.endpoint('hostendpoints.projectcalico.org//h');
    expect(host?.applied().map(({ key }) => key.name)).toEqual(['before', 'untracked']);
    expect(host?.flags.ingressProtected).toBe(true);
  });
});

describe('order', () => {
  const applied = (...objects: KubernetesObject[]) =>
    state(pod('n/a'), ...objects)
      .endpoint('pods/n/a')
      ?.applied()
      .map(({ key }) => key.name);

  test('tiers by order and then name, those without an order last, those that do not exist behind them', () => {
    expect(
      applied(
        tier('late', 2_000_000),
        tier('early', 10),
        tier('also-early', 10),
        tier('no-order'),
        globalPolicy('1', { tier: 'nowhere' }),
        globalPolicy('2', { tier: 'no-order' }),
        globalPolicy('3', { tier: 'late' }),
        globalPolicy('4', {}),
        globalPolicy('5', { tier: 'early' }),
        globalPolicy('6', { tier: 'also-early' }),
        clusterPolicy('ClusterNetworkPolicy', '7', {
          tier: 'Admin',
          priority: 1,
          subject: { namespaces: {} },
        }),
        clusterPolicy('ClusterNetworkPolicy', '8', {
          tier: 'Baseline',
          priority: 1,
          subject: { namespaces: {} },
        }),
      ),
    ).toEqual(['6', '5', '7', '4', '3', '8', '2', '1']);
  });

  test('within a tier by order, no order last, negative and fractional ones in their place', () => {
    const orders = [undefined, 1.5, -1, 1, 0];
    expect(applied(...orders.map((order) => globalPolicy(`p${order}`, { order })))).toEqual([
      'p-1',
      'p0',
      'p1',
      'p1.5',
      'pundefined',
    ]);
  });

  test('equal orders by the bytes of name/namespace/kind: a-b and a.b before a, a0 after it', () => {
    expect(applied(...['a', 'a0', 'a.b', 'a-b'].map((name) => globalPolicy(name)))).toEqual([
      'a-b',
      'a.b',
      'a',
      'a0',
    ]);
  });

  test('one name: the cluster-wide one first; a Kubernetes policy sorts as KubernetesNetworkPolicy', () => {
    const made = state(
      pod('n/a'),
      networkPolicy('n/p', { order: 1000 }),
      kubernetesPolicy('n/p'),
      globalPolicy('p', { order: 1000 }),
    );
    expect(
      made
        .endpoint('pods/n/a')
        ?.applied()
        .map(({ apiVersion, kind }) => `${apiVersion} ${kind}`),
    ).toEqual([
      'projectcalico.org/v3 GlobalNetworkPolicy',
      'networking.k8s.io/v1 NetworkPolicy',
      'projectcalico.org/v3 NetworkPolicy',
    ]);
  });

  test('a Tier object that goes gives the fixed order back', () => {
    const made = state(
      pod('n/a'),
      tier('default', 1),
      tier('x', 2),
      globalPolicy('in-x', { tier: 'x' }),
      globalPolicy('in-default'),
    );
    const names = () =>
      made
        .endpoint('pods/n/a')
        ?.applied()
        .map(({ key }) => key.name);
    expect(names()).toEqual(['in-default', 'in-x']);
    made.remove({ group: 'projectcalico.org', resource: 'tiers', namespace: '', name: 'default' });
    expect(names()).toEqual(['in-x', 'in-default']);
    expect(made.flush()).toEqual(new Set(['pods/n/a']));
  });
});

describe('what cannot be read is reported', () => {
  test.each([
    [{ selector: 'a ==' }, 'spec.selector', 4],
    [{ selector: "a == 'b') || (c == 'd'" }, 'spec.selector', 8],
    [{ namespaceSelector: 'a &' }, 'spec.namespaceSelector', 2],
    [{ serviceAccountSelector: '(' }, 'spec.serviceAccountSelector', 1],
  ])('a subject %j: the policy governs nobody', (spec, field, position) => {
    const policy = globalPolicy('p', spec);
    expect(governed(policy, pod('n/a'), hostEndpoint('h'))).toEqual([]);
    expect(state(policy).problems()).toMatchObject([{ policy: { name: 'p' }, field, position }]);
  });

  test('a selector that is no text', () => {
    expect(state(globalPolicy('p', { selector: 7 })).problems()).toMatchObject([{ field: 'spec.selector' }]);
  });

  test('a label too long for what Calico makes of it', () => {
    const policy = globalPolicy('p', { namespaceSelector: `has(${'l'.repeat(512)})` });
    expect(governed(policy, pod('n/a'))).toEqual([]);
    expect(state(policy).problems()[0]?.message).toContain('512');
  });

  test('a rule: it allows nothing; its namespace selector alone: left out, and it names other namespaces', () => {
    const rule = (source: object) => networkPolicy('n/p', { ingress: [{ action: 'Allow', source }] });
    expect(read(rule({ selector: '!' })).allows.ingress).toEqual([]);
    expect(read(rule({ selector: '!' })).problems).toMatchObject([
      { field: 'spec.ingress[0].source.selector', position: 1 },
    ]);
    expect(read(rule({ notSelector: '!' })).allows.ingress).toEqual([]);
    const { allows, problems } = read(rule({ namespaceSelector: '!', selector: 'has(a)' }));
    expect(allows.ingress[0]?.peer.selector?.canonical).toBe('has(a)');
    expect(allows.ingress[0]?.peer.namesNamespaces).toBe(true);
    expect(problems).toMatchObject([{ field: 'spec.ingress[0].source.namespaceSelector' }]);
  });

  test('a policy that is mended has no problem any more', () => {
    const made = state(globalPolicy('p', { selector: 'a' }));
    expect(made.problems()).toHaveLength(1);
    made.upsert(globalPolicy('p', { selector: 'has(a)' }));
    expect(made.problems()).toEqual([]);
  });

  test.each([
    null,
    'text',
    7,
    [],
    [null],
    { ingress: 'x', egress: [null, 7], types: 'y', selector: {}, order: 'first', tier: 3 },
  ])('a spec of %j harms nobody', (spec) => {
    for (const make of [globalPolicy, networkPolicy, kubernetesPolicy]) {
      const made = state({ ...make('n/p'), spec }, pod('n/a'));
      expect(made.endpoint('pods/n/a')?.flags).toBeDefined();
    }
  });
});

describe('names', () => {
  const crd = (kind: string, name: string, spec: object, annotations = {}): KubernetesObject => ({
    apiVersion: 'crd.projectcalico.org/v1',
    kind,
    metadata: { name, annotations },
    spec,
  });

  test.each([
    [crd('GlobalNetworkPolicy', 'default.web', {}), 'web', 'the default tier is cut'],
    [crd('GlobalNetworkPolicy', 'default.web', { tier: 'default' }), 'web', ''],
    [crd('GlobalNetworkPolicy', 'security.web', { tier: 'security' }), 'security.web', ''],
    [crd('GlobalNetworkPolicy', 'default.web', { tier: 'security' }), 'default.web', ''],
    [crd('GlobalNetworkSet', 'default.web', {}), 'default.web', 'policies only'],
    [
      crd(
        'GlobalNetworkPolicy',
        'default.web',
        {},
        { 'projectcalico.org/metadata': '{"name":"default.web"}' },
      ),
      'default.web',
      'the stored name counts',
    ],
    [crd('GlobalNetworkPolicy', 'default.web', {}, { 'projectcalico.org/metadata': '{' }), 'web', 'damaged'],
  ])('%j is called %s %s', (object, name) => {
    expect(keyOf(asServed(object))).toMatchObject({ group: 'projectcalico.org', name });
  });

  test('labels in storage are those of the annotation', () => {
    const stored = { 'projectcalico.org/metadata': '{"labels":{"a":"b"}}' };
    expect(asServed(crd('HostEndpoint', 'h', {}, stored)).metadata.labels).toEqual({ a: 'b' });
  });

  test('an object of storage is removed by either name', () => {
    for (const name of ['default.web', 'web']) {
      for (const group of ['crd.projectcalico.org', 'projectcalico.org']) {
        const made = state(pod('n/a'), crd('GlobalNetworkPolicy', 'default.web', {}));
        expect(made.endpoint('pods/n/a')?.applied()).toHaveLength(1);
        made.remove({ group, resource: 'globalnetworkpolicies', namespace: '', name });
        expect(made.endpoint('pods/n/a')?.applied()).toHaveLength(0);
      }
    }
  });

  test.each([
    [{ kind: 'Pod', apiVersion: 'v1', namespace: 'shop', name: 'web-1' }, 'Pod.v1(shop/web-1)'],
    [{ kind: 'Namespace', apiVersion: 'v1', name: 'shop' }, 'Namespace.v1(shop)'],
    [
      { kind: 'HostEndpoint', apiVersion: 'projectcalico.org/v3', namespace: '', name: 'h' },
      'HostEndpoint(h)',
    ],
    [
      {
        kind: 'GlobalNetworkPolicy',
        apiVersion: 'projectcalico.org/v3',
        name: 'security.pci',
        tier: 'security',
      },
      'GlobalNetworkPolicy(security.pci)',
    ],
    [
      { kind: 'GlobalNetworkPolicy', apiVersion: 'crd.projectcalico.org/v1', name: 'pci', tier: 'security' },
      'GlobalNetworkPolicy(security.pci)',
    ],
    [
      { kind: 'GlobalNetworkPolicy', apiVersion: 'projectcalico.org/v3', name: 'x' },
      'GlobalNetworkPolicy(default.x)',
    ],
    [
      {
        kind: 'NetworkPolicy',
        apiVersion: 'projectcalico.org/v3',
        namespace: 'shop',
        name: 'web',
        tier: 'app',
      },
      'NetworkPolicy(shop/app.web)',
    ],
    [
      {
        kind: 'NetworkPolicy',
        apiVersion: 'networking.k8s.io/v1',
        namespace: 'shop',
        name: 'web',
        tier: 'default',
      },
      'NetworkPolicy.networking.k8s.io/v1(shop/web)',
    ],
    [{ kind: 'GlobalNetworkSet', apiVersion: 'projectcalico.org/v3', name: 's' }, 'GlobalNetworkSet(s)'],
  ])('%j is printed %s', (ref, printed) => expect(printName(ref)).toBe(printed));
});
