import type { PolicyEvent } from '@margay/history';
import { describe, expect, test } from 'vitest';
import { computeReport } from '../index.ts';
import { wellFormed } from '../json/well-formed.ts';
import { type Fact, history } from '../testing/history.ts';
import * as make from '../testing/objects.ts';

const WINDOW = { start: 100, end: 200 };
const POLICY = { group: 'projectcalico.org', resource: 'networkpolicies', namespace: 'shop', name: 'web' };

let count = 0;
const event = (verb: string, more: Partial<PolicyEvent> = {}): PolicyEvent => {
  const eventId = `e${count++}`;
  return { eventId, at: 150, ...POLICY, verb, outcome: 'done', event: { eventId }, ...more };
};

function audit(policyEvents: readonly PolicyEvent[]) {
  return computeReport({
    name: 'r',
    spec: { reportType: 'policy-audit' },
    window: WINDOW,
    versions: [],
    policyEvents,
  });
}

test('events are counted by what they do, those that were not done for sure apart', () => {
  const verbs = ['create', 'create', 'update', 'patch', 'patch', 'delete', 'deletecollection', 'get'];
  const refused = event('create', { outcome: 'refused' });
  const unsettled = event('delete', { outcome: 'unsettled' });
  const report = audit([...verbs.map((verb) => event(verb)), refused, unsettled]);
  expect(report.auditSummary).toEqual({
    numTotal: 7,
    numCreate: 2,
    numModify: 3,
    numDelete: 2,
    numRefused: 1,
    numUnsettled: 1,
  });
  expect(report.refusedPolicyWrites).toEqual([refused.event]);
  expect(report.unsettledPolicyWrites).toEqual([unsettled.event]);
});

test.each`
  verb        | code   | count          | why
  ${'patch'}  | ${201} | ${'numCreate'} | ${'a server-side apply of what was not there'}
  ${'update'} | ${201} | ${'numCreate'} | ${'a replacement of what was not there'}
  ${'patch'}  | ${200} | ${'numModify'} | ${'a server-side apply of what was there'}
  ${'create'} | ${202} | ${'numCreate'} | ${'a creation that was only accepted'}
`('$verb answered $code is counted as $count: $why', ({ verb, code, count }) => {
  const { auditSummary } = audit([event(verb as string, { event: { responseStatus: { code } } })]);
  expect(auditSummary).toMatchObject({ numTotal: 1, [count as string]: 1 });
});

test.each<[why: string, more: Partial<PolicyEvent>, counted: boolean]>([
  ['at the start', { at: 100 }, true],
  ['one microsecond before the start', { at: 99 }, false],
  ['at the end', { at: 200 }, false],
  ['one microsecond before the end', { at: 199 }, true],
  ['of a global policy', { resource: 'globalnetworkpolicies', namespace: '' }, true],
  ['of a staged policy', { resource: 'stagedkubernetesnetworkpolicies' }, true],
  ['of a Kubernetes policy', { group: 'networking.k8s.io' }, true],
  [
    'of a cluster-wide Kubernetes policy',
    { group: 'policy.networking.k8s.io', resource: 'adminnetworkpolicies' },
    true,
  ],
  ['of a tier', { resource: 'tiers' }, false],
  ['of a network set', { resource: 'networksets' }, false],
])('an event %s', (_, more, counted) => {
  expect(audit([event('create', more)]).auditSummary.numTotal).toBe(counted ? 1 : 0);
});

test('events are in time order, those of one instant by id, each once', () => {
  const [a, b, c] = [
    event('create', { at: 180 }),
    event('create', { at: 120, eventId: 'z' }),
    event('create', { at: 120, eventId: 'y' }),
  ];
  expect(audit([a, b, c, a, b]).auditEvents).toEqual([c.event, b.event, a.event]);
});

test('an event that is no Unicode becomes Unicode', () => {
  const bad = { note: ['a\ud800b'], ['k\udc00']: 1, fine: { deep: '😀' } };
  expect(audit([event('create', { event: bad })]).auditEvents).toEqual([
    { note: ['a\ufffdb'], ['k\ufffd']: 1, fine: { deep: '😀' } },
  ]);
  const good = { note: '😀' };
  expect(wellFormed(good)).toBe(good);
});

const WEB = make.pod('shop/web', { app: 'web' });
const selecting = (app: string, staged = false) =>
  make.calicoPolicy('shop/web', { selector: `app == '${app}'`, types: ['Ingress'] }, staged);
const gone = (at: number, object: Fact['object']): Fact => ({ at, object, what: 'gone' });

test.each<[why: string, told: Fact[], at: number, audited: boolean]>([
  [
    'that selects',
    [
      { at: 0, object: WEB },
      { at: 0, object: selecting('web') },
    ],
    150,
    true,
  ],
  [
    'that selects others',
    [
      { at: 0, object: WEB },
      { at: 0, object: selecting('db') },
    ],
    150,
    false,
  ],
  [
    'that is deleted exactly at the start',
    [{ at: 0, object: WEB }, { at: 0, object: selecting('web') }, gone(100, selecting('web'))],
    100,
    true,
  ],
  [
    'that was deleted before',
    [{ at: 0, object: WEB }, { at: 0, object: selecting('web') }, gone(99, selecting('web'))],
    150,
    false,
  ],
  [
    'that stops to select exactly at the start',
    [
      { at: 0, object: WEB },
      { at: 0, object: selecting('web') },
      { at: 100, object: selecting('db') },
    ],
    100,
    true,
  ],
  [
    'that begins to select',
    [
      { at: 0, object: WEB },
      { at: 0, object: selecting('db') },
      { at: 199, object: selecting('web') },
    ],
    150,
    true,
  ],
  [
    'that would begin to select at the end',
    [
      { at: 0, object: WEB },
      { at: 0, object: selecting('db') },
      { at: 200, object: selecting('web') },
    ],
    150,
    false,
  ],
  [
    'that selects an endpoint of one microsecond',
    [{ at: 0, object: selecting('web') }, { at: 150, object: WEB }, gone(151, WEB)],
    120,
    true,
  ],
  [
    'that selected an endpoint that went at the start',
    [{ at: 0, object: WEB }, { at: 0, object: selecting('web') }, gone(100, WEB)],
    120,
    false,
  ],
])('with a scope, events are of a policy %s', (_, told, at, audited) => {
  const report = computeReport({
    name: 'r',
    spec: { reportType: 'policy-audit', endpoints: { namespaces: { names: ['shop'] } } },
    window: WINDOW,
    versions: history(told),
    policyEvents: [event('update', { at }), event('deletecollection', { at, name: '' })],
  });
  expect(report.auditEvents).toHaveLength(audited ? 2 : 0);
});

test('with a scope, staged policies that select are audited', () => {
  const versions = history([
    { at: 0, object: WEB },
    { at: 0, object: selecting('web', true) },
  ]);
  const spec = { reportType: 'policy-audit', endpoints: { selector: "app == 'web'" } };
  const policyEvents = [event('create', { resource: 'stagednetworkpolicies' }), event('create')];
  expect(computeReport({ name: 'r', spec, window: WINDOW, versions, policyEvents }).auditEvents).toEqual([
    policyEvents[0]?.event,
  ]);
});

test.each([{}, { selector: '' }, { namespaces: {}, serviceAccounts: { names: [], selector: '' } }])(
  'an empty scope, %j, is about everything',
  (endpoints) => {
    const spec = { reportType: 'policy-audit', endpoints };
    const report = computeReport({
      name: 'r',
      spec,
      window: WINDOW,
      versions: [],
      policyEvents: [event('create')],
    });
    expect(report.auditSummary.numTotal).toBe(1);
  },
);

describe('a type that audits more than policies', () => {
  const typeSpec = {
    downloadTemplates: [],
    includeEndpointData: false,
    includeEndpointFlowLogData: false,
    auditEventsSelection: { resources: [{}] },
  };
  const audited = (policyEvents: readonly PolicyEvent[], endpoints?: object) =>
    computeReport({
      name: 'r',
      spec: { reportType: 'own', ...(endpoints && { endpoints }) },
      typeSpec,
      window: WINDOW,
      versions: history([
        { at: 0, object: WEB },
        { at: 0, object: selecting('web') },
      ]),
      policyEvents,
    }).auditEvents;
  const of = (group: string, resource: string, namespace: string, name: string) =>
    event('update', { group, resource, namespace, name });

  test.each<[why: string, told: PolicyEvent, inScope: boolean]>([
    ['a pod in scope', of('', 'pods', 'shop', 'web'), true],
    ['another pod', of('', 'pods', 'shop', 'db'), false],
    ['its namespace', of('', 'namespaces', '', 'shop'), true],
    ['another namespace', of('', 'namespaces', '', 'pay'), false],
    ['its service account', of('', 'serviceaccounts', 'shop', 'default'), true],
    ['a service beside it', of('', 'services', 'shop', 'web'), true],
    ['a service elsewhere', of('', 'services', 'pay', 'web'), false],
    ['a tier', of('projectcalico.org', 'tiers', '', 'security'), true],
    ['a network set', of('projectcalico.org', 'globalnetworksets', '', 'partners'), true],
    ['a host endpoint', of('projectcalico.org', 'hostendpoints', '', 'node-1'), false],
    ['a policy that selects it', of('projectcalico.org', 'networkpolicies', 'shop', 'web'), true],
    [
      'it under its name with the tier',
      of('projectcalico.org', 'networkpolicies', 'shop', 'default.web'),
      true,
    ],
  ])('%s', (_, told, inScope) => {
    expect(audited([told])).toHaveLength(1);
    expect(audited([told], { selector: "app == 'web'" })).toHaveLength(inScope ? 1 : 0);
  });
});
