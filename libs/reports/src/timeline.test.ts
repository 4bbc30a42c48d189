import { formatInstant, type Key } from '@margay/ground';
import type { PolicyEvent } from '@margay/history';
import type { Scope } from '@margay/policy';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { computeReport } from './compute-report.ts';
import type { EndpointRow } from './report.ts';
import { facts, WINDOW } from './testing/arbitrary-history.ts';
import { type Fact, history } from './testing/history.ts';
import * as make from './testing/objects.ts';
import { endpointTimeline, mayConcern, type TimelineSpan } from './timeline.ts';

const keyOfRow = ({ kind, namespace, name }: EndpointRow): Key =>
  kind === 'Pod'
    ? { group: '', resource: 'pods', namespace, name }
    : { group: 'projectcalico.org', resource: 'hostendpoints', namespace, name };

/** When a flag did not hold. */
function open(spans: readonly TimelineSpan[], flag: 'ingressProtected' | 'egressProtected') {
  const intervals: { from: string; to: string }[] = [];
  for (const { start, end, flags } of spans) {
    if (flags[flag]) continue;
    const [from, to] = [formatInstant(start), formatInstant(end)];
    if (intervals.at(-1)?.to === from) intervals.push({ from: intervals.pop()!.from, to });
    else intervals.push({ from, to });
  }
  return intervals;
}

test('a timeline says of every endpoint what the report says of it', () => {
  let rows = 0;
  fc.assert(
    fc.property(facts, (told) => {
      const versions = history(told);
      const report = computeReport({
        name: 'r',
        spec: { reportType: 'inventory' },
        window: WINDOW,
        versions,
      });
      for (const row of report.endpoints) {
        rows++;
        const { endpoint, spans } = endpointTimeline(versions, keyOfRow(row), WINDOW)!;
        expect(endpoint).toBe(row.endpoint);
        expect(open(spans, 'ingressProtected')).toEqual(row.unprotectedIngress.intervals);
        expect(open(spans, 'egressProtected')).toEqual(row.unprotectedEgress.intervals);
        for (const flag of ['ingressFromInternet', 'egressToInternet'] as const)
          expect(spans.some(({ flags }) => flags[flag])).toBe(row[flag]);
        const applied = new Set(spans.flatMap(({ policies }) => policies.map(({ name }) => name)));
        expect([...applied].sort()).toEqual([...row.appliedPolicies].sort());
      }
    }),
    { numRuns: 200 },
  );
  expect(rows).toBeGreaterThan(200);
});

test('what may not concern an endpoint does not change its timeline', () => {
  fc.assert(
    fc.property(facts, (told) => {
      const versions = history(told);
      const key = { group: '', resource: 'pods', namespace: 'n1', name: 'a' };
      const few = versions.filter((version) => mayConcern(version, key));
      expect(endpointTimeline(few, key, WINDOW)).toEqual(endpointTimeline(versions, key, WINDOW));
    }),
    { numRuns: 100 },
  );
});

const WEB = { group: '', resource: 'pods', namespace: 'shop', name: 'web' };
const web = (app: string) => make.pod('shop/web', { app });
const guard = make.calicoPolicy('shop/guard', { selector: "app == 'web'", types: ['Ingress'] });
const other = make.calicoPolicy('shop/other', { selector: "app == 'api'", types: ['Ingress'] });
const timeline = (
  told: readonly Fact[],
  window = { start: 100, end: 200 },
  writes: readonly PolicyEvent[] = [],
) => endpointTimeline(history(told), WEB, window, { writes });
const shown = (told: readonly Fact[]) =>
  timeline(told)!.spans.map(
    ({ start, end, flags, policies }) =>
      `[${start},${end}) ${flags.ingressProtected ? 'protected' : 'open'} by ${policies.map(({ name }) => name).join(' ')}`,
  );

test('a span ends where something changes for the endpoint, and at the end of the window', () => {
  const told = [
    { at: 0, object: web('web') },
    { at: 120, object: guard },
    { at: 130, object: other },
    { at: 150, object: guard, what: 'gone' as const },
  ];
  expect(shown(told)).toEqual([
    '[100,120) open by ',
    '[120,150) protected by NetworkPolicy(shop/default.guard)',
    '[150,200) open by ',
  ]);
});

test('the labels of another namespace decide whether a rule reaches its network sets', () => {
  const toSets = make.calicoPolicy('shop/out', {
    selector: 'all()',
    types: ['Egress'],
    egress: [{ action: 'Allow', destination: { selector: 'all()', namespaceSelector: "team == 'x'" } }],
  });
  const told = [
    { at: 0, object: web('web') },
    { at: 0, object: toSets },
    { at: 0, object: make.namespace('far') },
    { at: 0, object: make.networkSet('far/dns', ['8.8.8.8'], { app: 'dns' }) },
    { at: 150, object: make.namespace('far', { team: 'x' }) },
  ];
  const { spans, events } = timeline(told)!;
  expect(spans.map(({ start, flags }) => [start, flags.egressToInternet])).toEqual([
    [100, false],
    [150, true],
  ]);
  expect(events).toEqual([]);
});

test('an endpoint that is gone for a while has no span for it', () => {
  const told = [
    { at: 110, object: web('web') },
    { at: 120, object: web('web'), what: 'gone' as const },
    { at: 140, object: web('web') },
  ];
  expect(shown(told)).toEqual(['[110,120) open by ', '[140,200) open by ']);
});

test('of an endpoint that is in scope for a while, its life in that while is told and no more', () => {
  const told = [
    { at: 0, object: web('web') },
    { at: 120, object: guard },
    { at: 140, object: web('old') },
    { at: 150, object: guard, what: 'gone' as const },
    { at: 160, object: web('older') },
    { at: 180, object: web('web') },
  ];
  const lifeIn = (...scope: Scope[]) =>
    endpointTimeline(history(told), WEB, { start: 100, end: 200 }, { scope });
  const { spans, events } = lifeIn({ selector: "app == 'web'" }, { namespaces: { names: ['far'] } })!;
  expect(spans.map(({ start, end }) => [start, end])).toEqual([
    [100, 120],
    [120, 140],
    [180, 200],
  ]);
  expect(events.map(({ at, what }) => [at, what])).toEqual([
    [120, 'created'],
    [140, 'changed'],
    [180, 'changed'],
  ]);
  expect(lifeIn({ namespaces: { names: ['far'] } })).toBeUndefined();
  expect(lifeIn()).toBeUndefined();
  expect(lifeIn({})).toEqual(timeline(told));
});

test('events tell what was done to what it depends on, and not what never applied to it', () => {
  const told = [
    { at: 0, object: web('web') },
    { at: 120, object: guard },
    { at: 130, object: other },
    { at: 140, object: web('old') },
    { at: 150, object: guard, what: 'gone' as const },
    { at: 200, object: web('older') },
  ];
  expect(timeline(told)!.events).toEqual([
    { at: 120, what: 'created', resource: 'NetworkPolicy(shop/default.guard)' },
    { at: 140, what: 'changed', resource: 'Pod.v1(shop/web)' },
    { at: 150, what: 'deleted', resource: 'NetworkPolicy(shop/default.guard)' },
  ]);
});

const GUARD = { group: 'projectcalico.org', resource: 'networkpolicies', namespace: 'shop', name: 'guard' };
const write = (at: number, verb: string, user: string, of: Key = GUARD): PolicyEvent => ({
  ...of,
  eventId: `${at} ${verb}`,
  at,
  verb,
  actor: { user },
  outcome: 'done',
  event: {},
});

test('events have the verbs of the writes, and name who deleted', () => {
  const told = [
    { at: 110, object: web('web') },
    { at: 120, object: guard },
    { at: 140, object: { ...guard, spec: { ...(guard['spec'] as object), order: 5 } } },
    { at: 150, object: { ...guard, spec: { ...(guard['spec'] as object), order: 6 } } },
    { at: 160, object: guard, what: 'gone' as const },
    { at: 180, object: web('web'), what: 'gone' as const },
  ];
  const writes = [
    write(120, 'create', 'ann'),
    write(140, 'patch', 'bob'),
    write(150, 'update', 'cleo'),
    // As Calico keeps it, deleted with all others.
    { ...write(160, 'deletecollection', 'dan', { ...GUARD, group: 'crd.projectcalico.org', name: '' }) },
    write(170, 'delete', 'eve', WEB),
    write(180, 'delete', 'system:node:n', WEB),
    { ...write(175, 'delete', 'mallory', WEB), outcome: 'refused' as const },
    write(150, 'delete', 'nobody', { ...WEB, name: 'api' }),
  ];
  expect(
    timeline(told, undefined, writes)!.events.map(({ at, what, actor = '?' }) => `${at} ${what} by ${actor}`),
  ).toEqual([
    '110 created by ?',
    '120 created by ?',
    '140 patched by ?',
    '150 updated by ?',
    '160 deleted by dan',
    '170 deletion begun by eve',
    '180 deleted by system:node:n',
  ]);
});

test('what was seen in mid-life, ended by a conclusion, or in doubt for a while is said to be so', () => {
  const [first] = history([{ at: 110, object: web('web') }]);
  const own = { ...first!, seenMidLife: true, validTo: 190, endedBy: 'namespace' as const };
  const [policy] = history([{ at: 120, object: guard }]);
  const doubt = {
    reason: 'outcome-unknown',
    may: 'be-gone' as const,
    message: 'm',
    since: 140,
    answeredAt: 141,
    source: 's',
  };
  const versions = [
    own,
    { ...policy!, validTo: 140 },
    { ...policy!, validFrom: 140, validTo: 160, doubt },
    { ...policy!, validFrom: 160 },
  ];
  const { events } = endpointTimeline(versions, WEB, { start: 100, end: 200 })!;
  expect(events.map(({ at, what }) => `${at} ${what}`)).toEqual([
    '110 first seen',
    '120 created',
    '140 in doubt',
    '160 seen again',
    '190 ended',
  ]);
});

test('what was no endpoint in the window has no timeline', () => {
  expect(timeline([{ at: 200, object: web('web') }])).toBeUndefined();
  expect(timeline([])).toBeUndefined();
});
