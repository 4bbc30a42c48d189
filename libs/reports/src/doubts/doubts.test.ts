import type { Listing } from '@margay/coverage';
import type { KubernetesObject } from '@margay/ground';
import type { May, Version } from '@margay/history';
import { expect, test } from 'vitest';
import { computeReport, type EndpointRow } from '../index.ts';
import { type Fact, history } from '../testing/history.ts';
import * as make from '../testing/objects.ts';

const WINDOW = { start: 100, end: 200 };
const WEB = make.pod('shop/web', { app: 'web' });
const deny = (path: string, podSelector: object = {}): KubernetesObject =>
  make.kubernetesPolicy(path, { podSelector, policyTypes: ['Ingress', 'Egress'] });
const DENY = deny('shop/deny');
const OPEN = make.calicoPolicy('shop/open', {
  selector: "app == 'web'",
  types: ['Ingress'],
  ingress: [{ action: 'Allow', source: { nets: ['8.8.8.0/24'] } }],
});
const SHOP = make.namespace('shop', { env: 'prod' });

const told = (...objects: KubernetesObject[]): Fact[] => objects.map((object) => ({ at: 0, object }));
const doubt = (at: number, object: KubernetesObject, may: May): Fact => ({ at, object, may });

const reportOf = (facts: readonly Fact[], endpoints = {}) =>
  computeReport({
    name: 'r',
    spec: { reportType: 'inventory', endpoints },
    window: WINDOW,
    versions: history(facts),
  });
const row = (facts: readonly Fact[], endpoints = {}): EndpointRow =>
  reportOf(facts, endpoints).endpoints.find(({ name }) => name === 'web')!;

/** A flag of a row: `yes`, `no`, `?`. */
type Verdict = 'yes' | 'no' | '?';
const verdict = (it: EndpointRow, flag: 'ingressProtected' | 'ingressFromInternet'): Verdict =>
  it.notKnown.includes(flag) ? '?' : it[flag] ? 'yes' : 'no';

test.each<[why: string, facts: Fact[], isProtected: Verdict, fromInternet: Verdict]>([
  ['a policy that may be gone', [...told(WEB, DENY), doubt(150, DENY, 'be-gone')], '?', 'no'],
  ['a policy that may be gone since long', [...told(WEB, DENY), doubt(50, DENY, 'be-gone')], '?', 'no'],
  ['a policy that changed, nobody knows to what', [...told(WEB, DENY), doubt(150, DENY, 'differ')], '?', '?'],
  ['a policy made, nobody knows with what', [...told(WEB), doubt(50, DENY, 'differ')], '?', '?'],
  [
    'one policy is in doubt and another protects',
    [...told(WEB, DENY, deny('shop/too')), doubt(150, DENY, 'be-gone')],
    'yes',
    'no',
  ],
  [
    'unprotected for a while for certain, whatever a policy does later',
    [{ at: 0, object: WEB }, doubt(150, DENY, 'differ')],
    'no',
    '?',
  ],
  [
    'a policy that was open to the internet before it may have gone',
    [...told(WEB, DENY, OPEN), doubt(150, OPEN, 'be-gone')],
    'yes',
    'yes',
  ],
  [
    'a policy that may only have been open to the internet',
    [...told(WEB, DENY, OPEN), doubt(50, OPEN, 'be-gone')],
    'yes',
    '?',
  ],
  [
    'a policy of another namespace is in doubt',
    [...told(WEB), doubt(50, deny('pay/deny'), 'differ')],
    'no',
    'no',
  ],
  [
    'a staged policy is in doubt',
    [...told(WEB), doubt(50, make.calicoPolicy('shop/st', {}, true), 'differ')],
    'no',
    'no',
  ],
  [
    'a cluster-wide policy is in doubt',
    [...told(WEB), doubt(50, make.calicoPolicy('g', {}), 'differ')],
    '?',
    '?',
  ],
  [
    'a doubt that was settled before the window',
    [...told(WEB, DENY), doubt(50, DENY, 'differ'), { at: 60, object: DENY }],
    'yes',
    'no',
  ],
  [
    'a doubt of one microsecond',
    [...told(WEB, DENY), doubt(150, DENY, 'be-gone'), { at: 151, object: DENY }],
    '?',
    'no',
  ],
  [
    'the pod may have other labels now: who selects all still does',
    [...told(WEB, DENY), doubt(150, WEB, 'differ')],
    'yes',
    'no',
  ],
  [
    'the pod may have other labels now: who selects by labels may',
    [
      ...told(make.pod('shop/web'), deny('shop/some', { matchLabels: { app: 'web' } })),
      doubt(150, WEB, 'differ'),
    ],
    'no',
    'no',
  ],
  [
    'the pod may have other labels all the time',
    [
      ...told(WEB, deny('shop/some', { matchLabels: { app: 'web' } })),
      doubt(50, WEB, 'differ'),
      { at: 190, object: WEB },
    ],
    '?',
    'no',
  ],
  [
    'the pod may be gone since long, and nothing is said of it',
    [...told(WEB, DENY), doubt(50, WEB, 'be-gone')],
    '?',
    '?',
  ],
  [
    'the pod may be gone, and what comes later counts against it only',
    [...told(WEB, DENY), doubt(120, WEB, 'be-gone'), { at: 150, object: DENY, what: 'gone' }],
    '?',
    'no',
  ],
  [
    'labels of the namespace are not known, and no policy looks at them',
    [...told(SHOP, WEB, DENY), doubt(50, SHOP, 'differ')],
    'yes',
    'no',
  ],
  [
    'labels of the namespace are not known, and a policy looks at them',
    [
      ...told(SHOP, WEB, make.calicoPolicy('g', { namespaceSelector: "env == 'prod'", types: ['Ingress'] })),
      doubt(50, SHOP, 'differ'),
    ],
    '?',
    'no',
  ],
  [
    'labels of another namespace are not known',
    [
      ...told(SHOP, WEB, make.calicoPolicy('g', { namespaceSelector: "env == 'prod'", types: ['Ingress'] })),
      doubt(50, make.namespace('pay'), 'differ'),
    ],
    'yes',
    'no',
  ],
  [
    'a network set that a rule looks for may hold anything',
    [
      ...told(
        WEB,
        make.calicoPolicy('shop/sets', {
          selector: 'all()',
          types: ['Ingress'],
          ingress: [{ action: 'Allow', source: { selector: "role == 'partner'" } }],
        }),
      ),
      doubt(50, make.networkSet('shop/partners', []), 'differ'),
    ],
    'yes',
    '?',
  ],
  [
    'a network set that may be gone, and holds a public network',
    [
      ...told(
        WEB,
        make.calicoPolicy('shop/sets', {
          selector: 'all()',
          types: ['Ingress'],
          ingress: [{ action: 'Allow', source: { selector: "role == 'partner'" } }],
        }),
        make.networkSet('shop/partners', ['8.8.8.0/24'], { role: 'partner' }),
      ),
      doubt(50, make.networkSet('shop/partners', []), 'be-gone'),
    ],
    'yes',
    '?',
  ],
])('%s', (_, facts, isProtected, fromInternet) => {
  const it = row(facts);
  expect([verdict(it, 'ingressProtected'), verdict(it, 'ingressFromInternet')]).toEqual([
    isProtected,
    fromInternet,
  ]);
  const { sources, doubts } = reportOf(facts).evidence;
  expect(sources).toBeNull();
  expect(it.doubts.every((id) => doubts.listed.some((listed) => listed.id === id))).toBe(true);
  expect(it.notKnown.length === 0 || it.doubts.length > 0).toBe(true);
});

const shown = ({ intervals }: EndpointRow['notKnownIngress']): string[] =>
  intervals.map(({ from, to }) => `${micros(from)}-${micros(to)}`);
const micros = (text: string): number => Number(/\.(\d+)Z/.exec(text)?.[1]?.padEnd(6, '0') ?? 0);

test('times are told apart: certainly open, not known whether open, not known whether there', () => {
  const it = row([
    { at: 110, object: WEB },
    { at: 120, object: DENY },
    doubt(130, DENY, 'be-gone'),
    { at: 140, object: DENY },
    doubt(150, WEB, 'be-gone'),
    { at: 160, object: WEB },
    { at: 190, object: WEB, what: 'gone' },
  ]);
  expect(shown(it.unprotectedIngress)).toEqual(['110-120']);
  expect(shown(it.notKnownIngress)).toEqual(['130-140']);
  expect(shown(it.notKnownInScope)).toEqual(['150-160']);
  expect([it.inScopeFrom, it.inScopeTo].map(micros)).toEqual([110, 190]);
});

test('policies that may apply stand apart from those that do', () => {
  const it = row([
    ...told(WEB, DENY, OPEN),
    doubt(50, OPEN, 'be-gone'),
    doubt(50, deny('shop/new'), 'differ'),
  ]);
  expect(it.appliedPolicies).toEqual(['NetworkPolicy.networking.k8s.io/v1(shop/deny)']);
  expect(it.possiblePolicies).toEqual([
    'NetworkPolicy(shop/default.open)',
    'NetworkPolicy.networking.k8s.io/v1(shop/new)',
  ]);
});

test('a scope by labels that are not known has the endpoint, perhaps', () => {
  const facts = [...told(WEB, DENY), doubt(50, WEB, 'differ')];
  const it = row(facts, { selector: "app == 'web'" });
  expect(it.notKnown).toHaveLength(7);
  expect(shown(it.notKnownInScope)).toEqual(['100-200']);
  expect(reportOf(facts, { namespaces: { names: ['pay'] } }).endpoints).toEqual([]);
});

test('a namespace is known as far as its endpoints are', () => {
  const other = make.pod('shop/other', { app: 'other' });
  const some = deny('shop/some', { matchLabels: { app: 'web' } });
  const facts = [...told(WEB, other, some, deny('shop/others', { matchLabels: { app: 'other' } }))];
  expect(reportOf([...facts, doubt(150, some, 'be-gone')]).namespaces).toMatchObject([
    { ingressProtected: false, notKnown: ['ingressProtected', 'egressProtected'] },
  ]);
  // One that is certainly open settles it.
  const open = make.pod('shop/third');
  expect(reportOf([...facts, { at: 0, object: open }, doubt(150, some, 'be-gone')]).namespaces).toMatchObject(
    [{ ingressProtected: false, notKnown: [] }],
  );
});

test('the evidence lists what is not known, since when and until when, once', () => {
  const facts = [
    ...told(WEB, DENY),
    doubt(50, DENY, 'differ'),
    { at: 150, object: DENY },
    doubt(160, deny('shop/new'), 'be-anything'),
  ];
  const { doubts } = reportOf(facts).evidence;
  expect(doubts).toMatchObject({
    total: 2,
    listed: [
      {
        about: 'NetworkPolicy.networking.k8s.io/v1(shop/deny)',
        since: '1970-01-01T00:00:00.000050Z',
        until: '1970-01-01T00:00:00.000150Z',
      },
      { about: 'NetworkPolicy.networking.k8s.io/v1(shop/new)', since: '1970-01-01T00:00:00.000160Z' },
    ],
  });
  expect(doubts.listed[1]).not.toHaveProperty('until');
});

test('a report is not complete while a doubt is open in its window', () => {
  const evidence = { complete: true, reasons: [] } as never;
  const of = (facts: readonly Fact[]) =>
    computeReport({
      name: 'r',
      spec: { reportType: 'inventory' },
      window: WINDOW,
      versions: history(facts),
      evidence,
    }).evidence.sources;
  expect(of(told(WEB, DENY))?.complete).toBe(true);
  expect(of([...told(WEB, DENY), doubt(50, DENY, 'differ'), { at: 60, object: DENY }])?.complete).toBe(true);
  const open = of([...told(WEB, DENY), doubt(50, DENY, 'differ')]);
  expect(open?.complete).toBe(false);
  expect(open?.reasons).toHaveLength(1);
});

/** About all of a kind in a namespace, or about everything. */
const aboutMany = (since: number, until: number, what: object, reason = 'outcome-unknown') => ({
  group: '',
  resource: '',
  namespace: '',
  name: '',
  uid: '',
  resourceVersion: '',
  content: { apiVersion: '', kind: '', metadata: { name: '' } },
  validFrom: since,
  doubt: { reason, may: 'be-anything' as const, message: 'm', since, answeredAt: until, source: 'test' },
  ...what,
});
const listed = (at: number, ...resources: string[]) =>
  resources.map((resource) => ({ group: resource === 'pods' ? '' : 'networking.k8s.io', resource, at }));
const manyReport = (versions: readonly Version[], listings: readonly Listing[] = [], window = WINDOW) => {
  const report = computeReport({
    name: 'r',
    spec: { reportType: 'inventory' },
    window,
    versions: [...history(told(WEB, DENY)), ...versions],
    listings,
  });
  const web = report.endpoints.find(({ name }) => name === 'web')!;
  const doubts = report.evidence.doubts.listed.map(
    ({ about, since = '', until = '' }) => `${about} ${micro(since)}-${micro(until)}`,
  );
  return { protects: verdict(web, 'ingressProtected'), doubts };
};
const micro = (time: string) => String(Number(/\d{6}Z$/.exec(time)?.[0].slice(0, 6) ?? '') || '');

const POLICIES = { group: 'networking.k8s.io', resource: 'networkpolicies', namespace: 'shop' };

test.each<[why: string, at: number, of: string, is: Verdict, doubts: string[]]>([
  ['before the window', 60, 'networkpolicies', 'yes', []],
  ['in it', 150, 'networkpolicies', '?', ['networkpolicies.networking.k8s.io in shop 50-150']],
  [
    'before the request was answered',
    54,
    'networkpolicies',
    '?',
    ['networkpolicies.networking.k8s.io in shop 50-'],
  ],
  ['and it is of another kind', 60, 'pods', '?', ['networkpolicies.networking.k8s.io in shop 50-']],
])('a doubt about all of a kind, and a list that shows the whole %s', (_, at, of, is, doubts) => {
  const said = manyReport([aboutMany(50, 55, POLICIES)], listed(at, of));
  expect(said).toEqual({ protects: is, doubts });
});

test('what was open about everything since a restore is settled kind by kind', () => {
  const restore = [aboutMany(50, 55, {}, 'counter-went-back')];
  expect(manyReport(restore).doubts).toEqual(['everything 50-']);
  const { doubts } = manyReport(restore, listed(60, 'pods', 'networkpolicies'));
  expect(doubts).toContain('namespaces 50-');
  expect(doubts.filter((text) => /^(pods|networkpolicies.networking)/.test(text))).toEqual([]);
});

test('several sources tell of one restore: it was when all of them say', () => {
  const told = [
    [50, 95],
    [70, 90],
    [60, 99],
  ].map(([from, to]) => aboutMany(from!, to!, {}, 'counter-went-back'));
  expect(manyReport(told).doubts).toEqual(['everything 70-']);
  const twice = [...told, aboutMany(120, 130, {}, 'counter-went-back')];
  expect(manyReport(twice).doubts).toEqual(['everything 70-', 'everything 120-']);
  expect(manyReport(told, [], { start: 50, end: 65 }).doubts).toEqual(['everything 60-']);
});

test('numbers that go back and forth all the time are not of one counter, and tell of no restore', () => {
  const window = { start: 160, end: 200 };
  const restores = (n: number) =>
    Array.from({ length: n }, (_, i) => aboutMany(50 + 20 * i, 55 + 20 * i, {}, 'counter-went-back'));
  expect(manyReport(restores(5), [], window).protects).toBe('?');
  expect(manyReport(restores(6), [], window)).toEqual({ protects: 'yes', doubts: ['everything 50-'] });
});

test('what was there since ever, nobody knows as what, is open until it ends, and has no beginning', () => {
  const facts: Fact[] = [
    { at: 10, object: WEB },
    doubt(0, DENY, 'be-anything'),
    { at: 250, object: DENY, what: 'gone' },
  ];
  expect(verdict(row(facts), 'ingressProtected')).toBe('?');
  expect(reportOf(facts).evidence.doubts.listed).toMatchObject([
    { about: expect.stringContaining('shop/deny') },
  ]);
  expect(reportOf(facts).evidence.doubts.listed[0]).not.toHaveProperty('since');
});

test('two clusters under one name leave everything open since both tell, and no sight, list or time ends it', () => {
  const two = [aboutMany(50, 55, {}, 'two-clusters')];
  const all = listed(60, 'pods', 'networkpolicies');
  for (const window of [WINDOW, { start: 1_000, end: 2_000 }])
    expect(manyReport(two, all, window)).toEqual({ protects: '?', doubts: ['everything 50-'] });
  expect(manyReport(two, all, { start: 10, end: 50 })).toEqual({ protects: 'yes', doubts: [] });
});

test('where somebody says that the copy was ended, it is open until it is seen again, and no more once a list shows it', () => {
  const two = [
    { ...aboutMany(50, 55, {}, 'two-clusters'), validTo: 500 },
    aboutMany(500, 500, {}, 'copy-ended'),
  ];
  const before = listed(60, 'pods', 'networkpolicies');
  const after = [...before, ...listed(600, 'pods', 'networkpolicies')];
  expect(manyReport(two, before, { start: 1_000, end: 2_000 }).protects).toBe('?');
  expect(manyReport(two, after, { start: 520, end: 700 }).protects).toBe('?');
  expect(manyReport(two, after, { start: 1_000, end: 2_000 }).protects).toBe('yes');
  expect(manyReport(two, after, WINDOW).doubts).toEqual(['everything 50-']);
});
