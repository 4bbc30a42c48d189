import type { KubernetesObject } from '@margay/ground';
import type { May, PolicyEvent, Version } from '@margay/history';
import { expect, test } from 'vitest';
import { computeReport, type Report } from './index.ts';
import { type Fact, history } from './testing/history.ts';
import * as make from './testing/objects.ts';

const WINDOW = { start: 100, end: 200 };
const SHOP = { namespaces: { names: ['shop'] } };
const SHOPS = { namespaces: { selector: "env == 'prod'" } };
const told = (...objects: KubernetesObject[]): Fact[] => objects.map((object) => ({ at: 0, object }));
const doubt = (object: KubernetesObject, may: May = 'be-anything'): Fact => ({ at: 150, object, may });
const deny = (path: string): KubernetesObject => make.kubernetesPolicy(path, { policyTypes: ['Ingress'] });

/** Both namespaces with a pod of each. */
const CLUSTER = told(
  make.namespace('shop', { env: 'prod' }),
  make.namespace('pay', { env: 'test' }),
  make.pod('shop/web'),
  make.pod('pay/api'),
);

function reportOf(versions: readonly Version[], endpoints: object, reportType = 'inventory'): Report {
  return computeReport({ name: 'r', spec: { reportType, endpoints }, window: WINDOW, versions });
}
const aboutIn = ({ evidence }: Report) => evidence.doubts.listed.map(({ about }) => about);
/** What a report has of other namespaces: the same without a scope is the proof that there is something to tell. */
const doubtsOf = (facts: readonly Fact[], scope: object) =>
  aboutIn(reportOf(history([...CLUSTER, ...facts]), scope));

test.each<[why: string, open: KubernetesObject, about: string, scope: object]>([
  ['a pod of another namespace', make.pod('pay/new'), 'Pod.v1(pay/new)', SHOP],
  ['a policy there', deny('pay/deny'), 'NetworkPolicy.networking.k8s.io/v1(pay/deny)', SHOP],
  ['another namespace itself', make.namespace('pay', {}), 'Namespace.v1(pay)', SHOP],
  ['a host endpoint', make.hostEndpoint('node-1'), 'HostEndpoint(node-1)', SHOP],
  ['a pod of a namespace that labels keep out', make.pod('pay/new'), 'Pod.v1(pay/new)', SHOPS],
])('a doubt about %s is none of a report of one namespace', (_, open, about, scope) => {
  expect(doubtsOf([doubt(open)], {})).toContain(about);
  expect(doubtsOf([doubt(open)], scope)).toEqual([]);
});

test.each<[why: string, open: KubernetesObject, about: string, scope: object]>([
  ['a pod of its own', make.pod('shop/new'), 'Pod.v1(shop/new)', SHOP],
  ['its own namespace', make.namespace('shop', {}), 'Namespace.v1(shop)', SHOP],
  ['a policy of the whole cluster', make.calicoPolicy('all', {}), 'GlobalNetworkPolicy(default.all)', SHOP],
  ['a namespace that may have its labels', make.namespace('pay', {}), 'Namespace.v1(pay)', SHOPS],
])('a doubt about %s stays', (_, open, about, scope) => {
  expect(doubtsOf([doubt(open)], scope)).toContain(about);
});

test('a doubt about a pod stays where its namespace was first seen in the window, with labels that keep it out', () => {
  const late: Fact = { at: 150, object: make.namespace('late', { env: 'test' }) };
  const pod = make.pod('late/new');
  const throughout = { ...late, at: 0 };
  expect(doubtsOf([late, doubt(pod)], { namespaces: { selector: "env != 'test'" } })).toContain(
    'Pod.v1(late/new)',
  );
  expect(doubtsOf([throughout, doubt(pod)], { namespaces: { selector: "env != 'test'" } })).toEqual([]);
});

test('a doubt about everything stays', () => {
  const all = {
    id: 'gap',
    about: 'everything',
    since: 120,
    reason: 'gap',
    message: 'm',
    source: 'a',
  } as const;
  const spec = { reportType: 'inventory', endpoints: SHOP };
  const report = computeReport({
    name: 'r',
    spec,
    window: WINDOW,
    versions: history(CLUSTER),
    doubts: [all, { ...all, id: 'pay', about: { group: '', resource: 'pods', namespace: 'pay' } }],
  });
  expect(aboutIn(report)).toEqual(['everything']);
});

test('what a row hangs on is told, wherever it is', () => {
  const toPay = make.calicoPolicy('shop/out', {
    types: ['Egress'],
    egress: [{ action: 'Allow', destination: { selector: "set == 'x'", namespaceSelector: 'all()' } }],
  });
  const set = make.networkSet('pay/nets', ['10.0.0.0/8'], { set: 'x' });
  const report = reportOf(history([...CLUSTER, ...told(toPay, set), doubt(set)]), SHOP, 'network-access');
  expect(report.endpoints.map(({ notKnown }) => notKnown)).toEqual([['egressToInternet']]);
  expect(report.endpoints[0]?.doubts).toEqual(report.evidence.doubts.listed.map(({ id }) => id));
  expect(aboutIn(report)).toEqual(['NetworkSet(pay/nets)']);
});

test('first sights, ends and policies that cannot be read are those of the scope', () => {
  const unread = (path: string) => make.calicoPolicy(path, { selector: 'app ==', types: ['Ingress'] });
  const versions = history([...CLUSTER, ...told(unread('shop/bad'), unread('pay/bad'))]).flatMap(
    (version) => {
      const isPod = version.resource === 'pods';
      return isPod
        ? [
            {
              ...version,
              validFrom: 120,
              validTo: 150,
              endedBy: 'namespace' as const,
              seenMidLife: true as const,
            },
          ]
        : [version];
    },
  );
  const listed = (scope: object) => {
    const { firstSeenInMidLife, endedByInference, unreadPolicies } = reportOf(versions, scope).evidence;
    return [
      firstSeenInMidLife.names,
      endedByInference.names,
      unreadPolicies.problems.map(({ policy }) => policy),
    ];
  };
  const web = ['Pod.v1(shop/web)'];
  expect(listed(SHOP)).toEqual([web, web, ['NetworkPolicy(shop/default.bad)']]);
  expect(listed({})[0]).toEqual(['Pod.v1(pay/api)', ...web]);
});

test.each([
  ['its own namespace', 'shop', 1],
  ['another one', 'pay', 0],
])('an unsettled write of a policy of %s, of which nobody knows whom it selects', (_, namespace, count) => {
  const { group, resource, name } = { group: 'networking.k8s.io', resource: 'networkpolicies', name: 'deny' };
  const write: PolicyEvent = {
    eventId: 'e',
    at: 150,
    group,
    resource,
    namespace,
    name,
    verb: 'create',
    outcome: 'unsettled',
    event: {},
  };
  const versions = history([...CLUSTER, doubt(deny(`${namespace}/deny`))]);
  const spec = { reportType: 'policy-audit', endpoints: SHOP };
  const report = computeReport({ name: 'r', spec, window: WINDOW, versions, policyEvents: [write] });
  expect(report.unsettledPolicyWrites).toHaveLength(count);
});
