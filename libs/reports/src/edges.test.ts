import { formatInstant, type KubernetesObject } from '@margay/ground';
import type { Version } from '@margay/history';
import { expect, test } from 'vitest';
import { computeReport, type EndpointRow } from './index.ts';
import { type Fact, history } from './testing/history.ts';
import * as make from './testing/objects.ts';

const WINDOW = { start: 100, end: 200 };
const WEB = make.pod('shop/web', { app: 'web' });
const deny = (spec: object = {}): KubernetesObject =>
  make.kubernetesPolicy('shop/deny', { podSelector: {}, policyTypes: ['Ingress'], ...spec });
const DENY = deny();

function reportOf(told: readonly Fact[], endpoints = {}) {
  const versions: Version[] = history(told);
  return computeReport({ name: 'r', spec: { reportType: 'inventory', endpoints }, window: WINDOW, versions });
}

const row = (told: readonly Fact[], endpoints = {}): EndpointRow | undefined =>
  reportOf(told, endpoints).endpoints[0];
const open = (told: readonly Fact[], endpoints = {}): string[] | undefined =>
  row(told, endpoints)?.unprotectedIngress.intervals.map(({ from, to }) => `${micros(from)}-${micros(to)}`);
const micros = (text: string): number => Number(text.match(/\.(\d+)Z/)?.[1]?.padEnd(6, '0') ?? 0);
const gone = (at: number, object: KubernetesObject): Fact => ({ at, object, what: 'gone' });

test.each<[why: string, told: Fact[], unprotected: string[] | undefined]>([
  [
    'a policy all the time protects',
    [
      { at: 0, object: WEB },
      { at: 0, object: DENY },
    ],
    [],
  ],
  ['no policy, never protected', [{ at: 0, object: WEB }], ['100-200']],
  [
    'a policy that begins exactly at the start protects from the start',
    [
      { at: 0, object: WEB },
      { at: 100, object: DENY },
    ],
    [],
  ],
  [
    'a policy that begins one microsecond later does not',
    [
      { at: 0, object: WEB },
      { at: 101, object: DENY },
    ],
    ['100-101'],
  ],
  [
    'a policy that ends exactly at the end protected to the end',
    [{ at: 0, object: WEB }, { at: 0, object: DENY }, gone(200, DENY)],
    [],
  ],
  [
    'a policy that ends one microsecond before did not',
    [{ at: 0, object: WEB }, { at: 0, object: DENY }, gone(199, DENY)],
    ['199-200'],
  ],
  [
    'a policy that ended exactly at the start is not there',
    [{ at: 0, object: WEB }, { at: 0, object: DENY }, gone(100, DENY)],
    ['100-200'],
  ],
  [
    'unprotected for one microsecond is unprotected',
    [{ at: 0, object: WEB }, { at: 0, object: DENY }, gone(150, DENY), { at: 151, object: DENY }],
    ['150-151'],
  ],
  [
    'a policy that another replaces at the same instant leaves no gap',
    [
      { at: 0, object: WEB },
      { at: 0, object: DENY },
      { at: 150, object: DENY, what: 'again' },
    ],
    [],
  ],
  [
    'a policy whose place another takes at the same instant leaves no gap',
    [
      { at: 0, object: WEB },
      { at: 0, object: DENY },
      gone(150, DENY),
      { at: 150, object: make.calicoPolicy('all', { selector: 'all()', types: ['Ingress'] }) },
    ],
    [],
  ],
  [
    'a pod that is born unprotected and protected with its next version was open in between',
    [
      { at: 0, object: deny({ podSelector: { matchLabels: { app: 'web' } } }) },
      { at: 120, object: make.pod('shop/web') },
      { at: 121, object: WEB },
    ],
    ['120-121'],
  ],
  [
    'a pod of one microsecond is judged on it',
    [{ at: 0, object: DENY }, { at: 150, object: WEB }, gone(151, WEB)],
    [],
  ],
  [
    'a pod that ended at the start was not in the window',
    [{ at: 0, object: WEB }, gone(100, WEB)],
    undefined,
  ],
  ['a pod that begins at the end is not in the window', [{ at: 200, object: WEB }], undefined],
  [
    'two gaps are two intervals',
    [
      { at: 0, object: WEB },
      { at: 0, object: DENY },
      gone(110, DENY),
      { at: 120, object: DENY },
      gone(130, DENY),
      { at: 140, object: DENY },
    ],
    ['110-120', '130-140'],
  ],
  [
    'a change of the policy that changes nothing of protection makes no gap',
    [
      { at: 0, object: WEB },
      { at: 0, object: DENY },
      { at: 150, object: deny({ ingress: [{}] }) },
    ],
    [],
  ],
  [
    'a finished pod is no endpoint any more',
    [
      { at: 0, object: DENY },
      { at: 0, object: WEB },
      { at: 150, object: make.pod('shop/web', {}, { phase: 'Succeeded' }) },
      gone(160, DENY),
    ],
    [],
  ],
  [
    'a staged policy protects nobody',
    [
      { at: 0, object: WEB },
      { at: 0, object: make.calicoPolicy('all', { selector: 'all()', types: ['Ingress'] }, true) },
    ],
    ['100-200'],
  ],
])('%s', (_, told, unprotected) => {
  expect(open(told)).toEqual(unprotected);
  expect(row(told)?.ingressProtected).toBe(unprotected && unprotected.length === 0);
});

const SCOPE = { namespaces: { selector: "pci == 'true'" } };
const IN = make.namespace('shop', { pci: 'true' });
const OUT = make.namespace('shop');

test.each<[why: string, told: Fact[], unprotected: string[] | undefined, inScope: number[] | undefined]>([
  [
    'never in scope, not in the report',
    [
      { at: 0, object: WEB },
      { at: 0, object: OUT },
    ],
    undefined,
    undefined,
  ],
  [
    'a namespace label makes it in scope: from there on it is judged',
    [
      { at: 0, object: WEB },
      { at: 0, object: OUT },
      { at: 140, object: IN },
      { at: 160, object: OUT },
    ],
    ['140-160'],
    [140, 160],
  ],
  [
    'unprotected while out of scope does not count',
    [
      { at: 0, object: WEB },
      { at: 0, object: IN },
      { at: 0, object: DENY },
      { at: 120, object: OUT },
      gone(130, DENY),
      { at: 140, object: DENY },
      { at: 150, object: IN },
    ],
    [],
    [100, 200],
  ],
  [
    'it stays in the report after it left scope',
    [
      { at: 0, object: WEB },
      { at: 0, object: IN },
      { at: 110, object: OUT },
    ],
    ['100-110'],
    [100, 110],
  ],
  [
    'the policy comes as the scope does, at one instant',
    [
      { at: 0, object: WEB },
      { at: 0, object: OUT },
      { at: 150, object: IN },
      { at: 150, object: DENY },
    ],
    [],
    [150, 200],
  ],
  [
    'a namespace that is deleted takes its labels away',
    [{ at: 0, object: WEB }, { at: 0, object: IN }, gone(170, IN)],
    ['100-170'],
    [100, 170],
  ],
])('scope by namespace labels: %s', (_, told, unprotected, inScope) => {
  const found = row(told, SCOPE);
  expect(open(told, SCOPE)).toEqual(unprotected);
  expect(found && [micros(found.inScopeFrom), micros(found.inScopeTo)]).toEqual(inScope);
});

test('objects of one name that follow one another are one row: always is all of them, ever is any', () => {
  const told: Fact[] = [
    { at: 0, object: make.pod('shop/web', { app: 'web' }, { sidecar: true, serviceAccount: 'old' }) },
    { at: 0, object: deny({ podSelector: { matchLabels: { app: 'web' } } }) },
    {
      at: 150,
      object: make.pod('shop/web', { app: 'other' }, { generateName: 'web-', serviceAccount: 'new' }),
      what: 'again',
    },
  ];
  const { endpoints, endpointsSummary } = reportOf(told);
  expect(endpoints).toHaveLength(1);
  expect(endpoints[0]).toMatchObject({
    uids: ['Pod-shop-web-1', 'Pod-shop-web-2'],
    ingressProtected: false,
    envoyEnabled: false,
    appliedPolicies: ['NetworkPolicy.networking.k8s.io/v1(shop/deny)'],
    serviceAccount: 'new',
    flowLogAggregationName: 'web-*',
    inScopeFrom: formatInstant(100),
    inScopeTo: formatInstant(200),
  });
  expect(endpointsSummary.numServiceAccounts).toBe(2);
});

test('a version without length was never there', () => {
  const [version] = history([{ at: 150, object: WEB }]);
  const versions = [{ ...version!, validTo: 150 }];
  const spec = { reportType: 'inventory' };
  expect(computeReport({ name: 'r', spec, window: WINDOW, versions }).endpoints).toEqual([]);
});

test('service accounts of one name in two namespaces are two', () => {
  const told = ['a/x', 'b/x', 'b/y'].map((path): Fact => ({ at: 0, object: make.pod(path) }));
  expect(reportOf(told).endpointsSummary).toMatchObject({ numTotal: 3, numServiceAccounts: 2 });
});

test('intervals are kept up to a bound, and the rest is counted', () => {
  const told: Fact[] = [{ at: 0, object: WEB }];
  for (let at = 100; at < 160; at += 2) told.push({ at, object: DENY }, gone(at + 1, DENY));
  const unprotected = row(told)?.unprotectedIngress;
  expect(unprotected?.intervals).toHaveLength(20);
  expect(unprotected?.more).toBe(10);
});

test.each([
  ['it ends before it begins', { start: 200, end: 100 }],
  ['it is empty', { start: 100, end: 100 }],
])('a window is refused when %s', (_, window) => {
  expect(() => computeReport({ name: 'r', spec: { reportType: 'inventory' }, window, versions: [] })).toThrow(
    /^The window ends at 1970-.*which is not after its start/,
  );
});

test('what cannot be computed is refused with its name', () => {
  const compute = (spec: { reportType: string; endpoints?: object }) => () =>
    computeReport({ name: 'r', spec, window: WINDOW, versions: [] });
  expect(compute({ reportType: 'cis-benchmark' })).toThrow(
    '"cis-benchmark": use inventory, network-access, policy-audit, protection-audit',
  );
  expect(compute({ reportType: 'inventory', endpoints: { namespaces: { selector: 'a ==' } } })).toThrow(
    'spec.endpoints.namespaces.selector',
  );
});
