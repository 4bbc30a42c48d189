import type { Contact, FlowEnd } from '@margay/flows';
import { type KubernetesObject } from '@margay/ground';
import { expect, test } from 'vitest';
import { computeReport, namesToAsk, type Report } from '../index.ts';
import { history } from '../testing/history.ts';
import * as make from '../testing/objects.ts';

const WINDOW = { start: 100, end: 200 };
const NOBODY_KNOWS_BEFORE = {
  id: 'beginning/audit',
  about: 'everything',
  since: -Infinity,
  until: 50,
  reason: 'beginning',
  message: 'audit begins at 50',
  source: 'audit',
} as const;

interface More {
  readonly scope?: object;
  readonly flows?: readonly Contact[];
  readonly reportType?: string;
  /** The log begins in the middle of the cluster's life. */
  readonly midLife?: boolean;
  /** Names of which something was told before. */
  readonly told?: readonly string[];
}

function reportOf(objects: readonly KubernetesObject[], more: More = {}): Report {
  const { scope = {}, flows = [], reportType = 'network-access', midLife = false, told = [] } = more;
  const versions = history(objects.map((object) => ({ at: 60, object })));
  const input = {
    name: 'r',
    spec: { reportType, endpoints: scope },
    window: WINDOW,
    versions,
    flows,
    doubts: midLife ? [NOBODY_KNOWS_BEFORE] : [],
  };
  const asked = namesToAsk(input);
  return computeReport({ ...input, told: asked.filter(({ name }) => told.includes(name)) });
}

const namesIn = ({ evidence }: Report): string[] => evidence.neverSeen.listed.map(({ resource }) => resource);

const targets = (...names: string[]) => names.map((name) => ({ targetRef: { kind: 'Pod', name } }));
const owned = (path: string, kind: string, name: string): KubernetesObject => {
  const pod = make.pod(path);
  const ownerReferences = [{ apiVersion: 'apps/v1', kind, name }];
  return { ...pod, metadata: { ...pod.metadata, ownerReferences } };
};
const end = (type: FlowEnd['type'], namespace: string, name: string): FlowEnd => ({
  type,
  namespace,
  name,
  nameIsPrefix: name.endsWith('*'),
});
const OUTSIDE = end('network', '', 'pub');
const flow = (destination: FlowEnd, action: Contact['action'] = 'allow', source = OUTSIDE): Contact => ({
  startAt: 120,
  endAt: 130,
  action,
  source,
  destination,
});

const SHOP = make.namespace('shop');
const ACCOUNT = make.serviceAccount('shop/default');

test.each<[where: string, objects: KubernetesObject[], flows: Contact[], named: string[]]>([
  ['a slice’s targets', [SHOP, make.slice('shop/s', '', targets('a'))], [], ['Pod.v1(shop/a)']],
  ['an Endpoints object’s', [SHOP, make.endpoints('shop/s', targets('b'))], [], ['Pod.v1(shop/b)']],
  ['the service of a slice', [SHOP, make.slice('shop/s', 'web', [])], [], ['Service.v1(shop/web)']],
  ['the service account of a pod', [SHOP, make.pod('shop/a')], [], ['ServiceAccount.v1(shop/default)']],
  ['the namespace of an object', [make.service('pay/web')], [], ['Namespace.v1(pay)']],
  ['the tier of a policy', [make.calicoPolicy('p', { tier: 'security' })], [], ['Tier(security)']],
  ['Calico’s own tiers', [make.calicoPolicy('p', { tier: 'kube-admin' })], [], []],
  ['the end of a flow', [], [flow(end('pod', 'shop', 'a'))], ['Pod.v1(shop/a)']],
  ['the end of a denied one', [], [flow(end('pod', 'shop', 'a'), 'deny')], ['Pod.v1(shop/a)']],
  ['a beginning of names', [], [flow(end('pod', 'shop', 'web-*'))], ['Pod.v1(shop/web-*)']],
  ['a host endpoint', [], [flow(end('hostEndpoint', '', 'h'))], ['HostEndpoint(h)']],
  ['a set', [], [flow(end('networkSet', 'shop', 's'))], ['NetworkSet(shop/s)']],
  ['a set of the cluster', [], [flow(end('networkSet', '', 's'))], ['GlobalNetworkSet(s)']],
  ['an address outside', [], [flow(OUTSIDE)], []],
  ['who is seen', [SHOP, ACCOUNT, make.pod('shop/web-1')], [flow(end('pod', 'shop', 'web-*'))], []],
  ['a host by its node', [make.hostEndpoint('h')], [flow(end('hostEndpoint', '', 'host-h'))], []],
])('looked for: %s', (_, objects, flows, named) => {
  expect(namesIn(reportOf(objects, { flows }))).toEqual(named);
});

test('of kinds without a history only where something may have existed that nobody saw', () => {
  const objects = [SHOP, ACCOUNT, owned('shop/web-1', 'ReplicaSet', 'web')];
  expect(namesIn(reportOf(objects))).toEqual([]);
  const report = reportOf(objects, { midLife: true });
  expect(namesIn(report)).toEqual(['Node.v1(node-1)', 'ReplicaSet.apps/v1(shop/web)']);
  expect(report.evidence.neverSeen).toMatchObject({ total: 2, numEndpoints: 0, numNotKept: 2 });
  expect(report.evidence.neverSeen.listed.map(({ isKept }) => isKept)).toEqual([false, false]);
});

test('a node owns the pods that it runs by itself', () => {
  const pod = owned('shop/etcd', 'Node', 'n');
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: 'n' }];
  const mirror = { ...pod, metadata: { ...pod.metadata, ownerReferences } };
  expect(namesIn(reportOf([SHOP, ACCOUNT, mirror], { midLife: true }))).toEqual([
    'Node.v1(n)',
    'Node.v1(node-1)',
  ]);
});

test('who names it, from when to when', () => {
  const objects = [SHOP, make.slice('shop/s', '', targets('a'))];
  const { listed, total, numEndpoints } = reportOf(objects, { flows: [flow(end('pod', 'shop', 'a'))] })
    .evidence.neverSeen;
  expect({ total, numEndpoints }).toEqual({ total: 1, numEndpoints: 1 });
  expect(listed[0]).toMatchObject({
    kind: 'Pod',
    namespace: 'shop',
    name: 'a',
    isKept: true,
    namedBy: ['EndpointSlice.discovery.k8s.io/v1(shop/s)', 'flow logs'],
    namedFrom: '1970-01-01T00:00:00.000100Z',
    namedTo: '1970-01-01T00:00:00.000200Z',
  });
});

test.each([
  ['a name that was gone before', end('pod', 'shop', 'a'), 'a'],
  ['a beginning of such names', end('pod', 'shop', 'web-54c-*'), 'web-54c-'],
])('what was told of before the window is no news: %s', (_, destination, told) => {
  const flows = [flow(destination)];
  expect(reportOf([], { flows }).evidence.neverSeen.total).toBe(1);
  expect(reportOf([], { flows, told: [told] }).evidence.neverSeen.total).toBe(0);
});

test('names out of the window are of another report', () => {
  const before = { ...flow(end('pod', 'shop', 'a')), startAt: 10, endAt: 100 };
  const after = { ...flow(end('pod', 'shop', 'b')), startAt: 200, endAt: 210 };
  expect(namesIn(reportOf([], { flows: [before, after] }))).toEqual([]);
});

test('an endpoint that nobody saw leaves the population open: its namespace and its services are not known', () => {
  const slice = make.slice('shop/s', 'web', targets('web-1', 'a'));
  const deny = make.kubernetesPolicy('shop/deny', { podSelector: {}, policyTypes: ['Ingress'] });
  const objects = [SHOP, ACCOUNT, make.service('shop/web'), make.pod('shop/web-1'), deny];
  const whole = reportOf([...objects, make.slice('shop/s', 'web', targets('web-1'))]);
  expect(whole.namespaces[0]).toMatchObject({ ingressProtected: true, notKnown: [] });
  expect(whole.services[0]).toMatchObject({ ingressProtected: true, notKnown: [] });
  const { namespaces, services, endpoints, evidence } = reportOf([...objects, slice]);
  expect(endpoints.map(({ endpoint, notKnown }) => [endpoint, notKnown])).toEqual([
    ['Pod.v1(shop/web-1)', []],
  ]);
  const [doubt] = evidence.doubts.listed;
  expect(evidence.doubts.total).toBe(1);
  expect(doubt).toMatchObject({ about: 'pods in shop', reason: 'never-seen' });
  expect(doubt?.message).toMatch(
    /^Pod\.v1\(shop\/a\) \(by EndpointSlice\.discovery\.k8s\.io\/v1\(shop\/s\)\) is named and was never seen/,
  );
  expect(namespaces[0]?.notKnown).toContain('ingressProtected');
  expect(namespaces[0]?.doubts).toContain(doubt?.id);
  expect(services[0]?.notKnown).toContain('ingressProtected');
});

test('what is no endpoint leaves no endpoint out', () => {
  const { evidence } = reportOf([make.pod('shop/a')]);
  expect(evidence.neverSeen).toMatchObject({ total: 2, numEndpoints: 0 });
  expect(evidence.doubts.total).toBe(0);
});

const TWO = [
  make.namespace('shop', { team: 'a' }),
  make.namespace('pay', { team: 'b' }),
  make.pod('shop/web', { app: 'web' }, { serviceAccount: 'web' }),
  make.pod('pay/db', { app: 'db' }, { serviceAccount: 'db' }),
  make.slice('shop/s', 'front', targets('x')),
  make.slice('pay/s', 'back', targets('y')),
];
const IN_SHOP = ['Pod.v1(shop/x)', 'Service.v1(shop/front)', 'ServiceAccount.v1(shop/web)'];

test.each<[why: string, scope: object, named: string[]]>([
  ['a namespace by its name', { namespaces: { names: ['shop'] } }, IN_SHOP],
  ['one by its labels', { namespaces: { selector: "team == 'a'" } }, IN_SHOP],
  // Labels of a pod that nobody saw are not known: it may belong.
  ['labels of endpoints', { selector: "app == 'web'" }, ['Pod.v1(pay/y)', ...IN_SHOP]],
  ['endpoints of a namespace', { selector: "projectcalico.org/namespace == 'shop'" }, IN_SHOP],
  ['a service account', { serviceAccounts: { names: ['web'] } }, ['Pod.v1(pay/y)', ...IN_SHOP]],
])('a scope that names %s is told of nothing else', (_, scope, named) => {
  expect(namesIn(reportOf(TWO, { scope }))).toEqual(named);
  const flows = [flow(end('networkSet', 'pay', 's')), flow(end('hostEndpoint', '', 'h'))];
  const more = namesIn(reportOf(TWO, { scope: { namespaces: { names: ['shop'] } }, flows }));
  expect(more).toEqual(IN_SHOP);
});

test('a report without endpoints looks in the namespaces that its scope may have', () => {
  const scope = { namespaces: { names: ['shop'] } };
  expect(namesIn(reportOf(TWO, { scope, reportType: 'policy-audit' }))).toEqual(IN_SHOP);
});

test('lists are bounded, and counted whole', () => {
  const names = Array.from({ length: 250 }, (_, i) => `p-${String(i).padStart(3, '0')}`);
  const { evidence } = reportOf([SHOP, make.slice('shop/s', '', targets(...names))]);
  expect(evidence.neverSeen).toMatchObject({ total: 250, numEndpoints: 250 });
  expect(evidence.neverSeen.listed).toHaveLength(200);
  expect(evidence.doubts.listed[0]?.message).toContain('and 247 more');
});
