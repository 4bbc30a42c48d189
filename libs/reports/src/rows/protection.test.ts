import { formatInstant } from '@margay/ground';
import type { PolicyEvent, Version } from '@margay/history';
import type { Scope } from '@margay/policy';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeReport } from '../index.ts';
import { facts, scopes, WINDOW } from '../testing/arbitrary-history.ts';
import { clusterAt } from '../testing/cluster-at.ts';
import { type Fact, history } from '../testing/history.ts';
import * as make from '../testing/objects.ts';
import { ENDPOINTS_PER_ROW } from './protection.ts';

const RUNS = Number(process.env['REPORT_RUNS'] ?? 300);
const FLAGS = [
  'ingressProtected',
  'egressProtected',
  'ingressFromInternet',
  'egressToInternet',
  'ingressFromOtherNamespace',
  'egressToOtherNamespace',
] as const;

const audit = (
  versions: readonly Version[],
  more: { policyEvents?: PolicyEvent[]; endpoints?: Scope } = {},
) =>
  computeReport({
    name: 'r',
    spec: { reportType: 'protection-audit', ...(more.endpoints && { endpoints: more.endpoints }) },
    window: WINDOW,
    versions,
    policyEvents: more.policyEvents ?? [],
  });

/** `at flag was is endpoint`, of every instant of the window, by comparing two clusters that were worked out from nothing. */
function expectedChanges(versions: readonly Version[], scope: Scope): string[] {
  const found: string[] = [];
  for (let at = WINDOW.start; at < WINDOW.end; at++) {
    const [before, after] = [clusterAt(versions, at - 1, scope), clusterAt(versions, at, scope)];
    for (const [endpoint, is] of after) {
      const was = before.get(endpoint);
      if (was === undefined || !(was.inScope || is.inScope)) continue;
      for (const flag of FLAGS) {
        const [a, b] = [was.flags[flag], is.flags[flag]].map((yes) => (yes ? 'yes' : 'no'));
        if (a !== b) found.push(`${formatInstant(at)} ${flag} ${a} ${b} ${endpoint}`);
      }
    }
  }
  return found.sort();
}

test('every change of a verdict is listed, and no other, by brute force; each with what changed then', () => {
  fc.assert(
    fc.property(facts, scopes, (told, scope) => {
      const versions = history(told);
      const { protectionChanges } = audit(versions, { endpoints: scope });
      const listed = protectionChanges.flatMap(({ at, flag, was, is, endpoints }) =>
        endpoints.map((endpoint) => `${at} ${flag} ${was} ${is} ${endpoint}`),
      );
      expect(listed.sort()).toEqual(expectedChanges(versions, scope));
      const instants = new Set(
        versions.flatMap(({ validFrom, validTo = 0 }) => [validFrom, validTo]).map(formatInstant),
      );
      for (const { at, changes } of protectionChanges) {
        expect(changes).not.toEqual([]);
        expect(instants).toContain(at);
      }
    }),
    { numRuns: RUNS },
  );
});

const WEB = make.pod('shop/web', { app: 'web' });
const DB = make.pod('pay/db', { app: 'db' });
const DENY = make.calicoPolicy('deny', { selector: "app == 'web'", types: ['Ingress'] });
const stood = (...objects: readonly Fact['object'][]): Fact[] => objects.map((object) => ({ at: 0, object }));

/** `effect flag: endpoints; what resource`. */
const shown = (told: readonly Fact[], more: Parameters<typeof audit>[1] = {}): string[] =>
  audit(history(told), more).protectionChanges.map(
    ({ effect, flag, endpoints, changes }) =>
      `${effect} ${flag}: ${endpoints.join(' ')}; ${changes.map(({ what, resource }) => `${what} ${resource}`).join(' ')}`,
  );

describe('what changes a verdict', () => {
  test.each<[why: string, told: Fact[], rows: string[]]>([
    [
      'a policy that is created',
      [...stood(WEB, DB), { at: 12, object: DENY }],
      ['protected ingressProtected: Pod.v1(shop/web); created GlobalNetworkPolicy(default.deny)'],
    ],
    [
      'a policy that is deleted',
      [...stood(WEB, DB, DENY), { at: 12, object: DENY, what: 'gone' }],
      ['exposed ingressProtected: Pod.v1(shop/web); deleted GlobalNetworkPolicy(default.deny)'],
    ],
    [
      'one that is deleted as the window begins',
      [...stood(WEB, DB, DENY), { at: WINDOW.start, object: DENY, what: 'gone' }],
      ['exposed ingressProtected: Pod.v1(shop/web); deleted GlobalNetworkPolicy(default.deny)'],
    ],
    [
      'one that is deleted as it ends',
      [...stood(WEB, DENY), { at: WINDOW.end, object: DENY, what: 'gone' }],
      [],
    ],
    [
      'a policy that comes to select another',
      [
        ...stood(WEB, DB, DENY),
        { at: 12, object: make.calicoPolicy('deny', { selector: "app == 'db'", types: ['Ingress'] }) },
      ],
      [
        'protected ingressProtected: Pod.v1(pay/db); changed GlobalNetworkPolicy(default.deny)',
        'exposed ingressProtected: Pod.v1(shop/web); changed GlobalNetworkPolicy(default.deny)',
      ],
    ],
    [
      'the labels of a pod',
      [...stood(WEB, DENY), { at: 12, object: make.pod('shop/web', { app: 'other' }) }],
      ['exposed ingressProtected: Pod.v1(shop/web); changed Pod.v1(shop/web)'],
    ],
    [
      'the labels of a namespace',
      [
        ...stood(
          make.namespace('shop', {}),
          WEB,
          make.calicoPolicy('deny', {
            selector: 'all()',
            namespaceSelector: "env == 'x'",
            types: ['Egress'],
          }),
        ),
        { at: 12, object: make.namespace('shop', { env: 'x' }) },
      ],
      ['protected egressProtected: Pod.v1(shop/web); changed Namespace.v1(shop)'],
    ],
    [
      'the labels of a host endpoint',
      [
        ...stood(make.hostEndpoint('node-1', {}), DENY),
        { at: 12, object: make.hostEndpoint('node-1', { app: 'web' }) },
      ],
      ['protected ingressProtected: HostEndpoint(node-1); changed HostEndpoint(node-1)'],
    ],
    [
      'a network set that comes to be public',
      [
        ...stood(
          WEB,
          make.networkSet('partners', ['10.1.0.0/16'], { role: 'partner' }),
          make.calicoPolicy('open', {
            selector: 'all()',
            types: ['Egress'],
            egress: [{ action: 'Allow', destination: { selector: "role == 'partner'" } }],
          }),
        ),
        { at: 12, object: make.networkSet('partners', ['8.8.8.8'], { role: 'partner' }) },
      ],
      ['exposed egressToInternet: Pod.v1(shop/web); changed GlobalNetworkSet(partners)'],
    ],
    ['a pod that comes', [...stood(DENY), { at: 12, object: WEB }], []],
    ['a pod that goes', [...stood(DENY, WEB), { at: 12, object: WEB, what: 'gone' }], []],
  ])('%s', (_, told, rows) => {
    expect(shown(told)).toEqual(rows);
  });

  test('what is not known any more, and what is known again, with the doubt', () => {
    const told: Fact[] = [
      ...stood(WEB, DENY),
      { at: 12, object: DENY, may: 'be-gone' },
      { at: 14, object: DENY, what: 'gone' },
    ];
    expect(shown(told)).toEqual([
      'left open ingressProtected: Pod.v1(shop/web); doubtful GlobalNetworkPolicy(default.deny)',
      'settled ingressProtected: Pod.v1(shop/web); deleted GlobalNetworkPolicy(default.deny)',
    ]);
    const { protectionChanges, protectionSummary, evidence } = audit(history(told));
    expect(protectionChanges.map(({ was, is }) => [was, is])).toEqual([
      ['yes', 'not known'],
      ['not known', 'no'],
    ]);
    expect(protectionChanges.map(({ doubts }) => doubts)).toEqual([
      evidence.doubts.listed.map(({ id }) => id),
      [],
    ]);
    expect(protectionSummary).toMatchObject({ numTotal: 2, numLeavingOpen: 1, numExposing: 0 });
  });

  test('a label that takes an endpoint out of scope, and one in scope', () => {
    const told: Fact[] = [...stood(WEB, DB, DENY), { at: 12, object: DENY, what: 'gone' }];
    expect(shown(told, { endpoints: { selector: "app == 'db'" } })).toEqual([]);
    expect(shown(told, { endpoints: { selector: "app == 'web'" } })).toHaveLength(1);
  });
});

test('who made the change is known from the trail, also of what was deleted', () => {
  const key = { group: 'projectcalico.org', resource: 'globalnetworkpolicies', namespace: '', name: 'deny' };
  const told = [...stood(WEB, DENY), { at: 12, object: DENY, what: 'gone' as const }];
  const deletion = (more: Partial<PolicyEvent>): PolicyEvent => ({
    eventId: 'e',
    ...key,
    at: 12,
    verb: 'delete',
    outcome: 'done',
    actor: { user: 'ana', impersonated: 'bot' },
    event: {},
    ...more,
  });
  const actor = (...policyEvents: PolicyEvent[]) =>
    audit(history(told), { policyEvents }).protectionChanges[0]?.changes[0]?.actor;
  expect(actor(deletion({}))).toBe('ana as bot');
  expect(actor(deletion({ verb: 'deletecollection', name: '' }))).toBe('ana as bot');
  expect(actor(deletion({ outcome: 'refused' }))).toBeNull();
  expect(actor(deletion({ at: 13 }))).toBeNull();
  expect(actor()).toBeNull();
});

test('where Calico’s API server kept it for somebody, that is who made the change', () => {
  const told = (apiGroup: string, user: string, from: number, at: number): PolicyEvent => ({
    eventId: user,
    group: 'projectcalico.org',
    resource: 'globalnetworkpolicies',
    namespace: '',
    name: apiGroup === 'projectcalico.org' ? '' : 'deny',
    at,
    verb: 'create',
    outcome: 'done',
    actor: { user },
    event: { objectRef: { apiGroup }, requestReceivedTimestamp: formatInstant(from) },
  });
  const kept = told('crd.projectcalico.org', 'system:serviceaccount:calico:calico-apiserver', 12, 13);
  const request = told('projectcalico.org', 'ana', 11, 14);
  const actor = (...policyEvents: PolicyEvent[]) =>
    audit(history([...stood(WEB), { at: 13, object: DENY }]), { policyEvents }).protectionChanges[0]
      ?.changes[0]?.actor;
  expect(actor(request, kept)).toBe('ana');
  expect(actor(kept)).toBe('system:serviceaccount:calico:calico-apiserver');
});

test('an instant is counted once for each effect, and rows name so many endpoints', () => {
  const pods = Array.from({ length: ENDPOINTS_PER_ROW + 1 }, (_, i) =>
    make.pod(`shop/p${i}`, { app: 'web' }),
  );
  const { protectionChanges, protectionSummary } = audit(
    history([...stood(...pods, DENY), { at: 12, object: DENY, what: 'gone' }]),
  );
  expect(protectionChanges.map(({ endpoints }) => endpoints.length)).toEqual([ENDPOINTS_PER_ROW, 1]);
  expect(protectionSummary).toEqual({ numTotal: 1, numProtecting: 0, numExposing: 1, numLeavingOpen: 0 });
});
