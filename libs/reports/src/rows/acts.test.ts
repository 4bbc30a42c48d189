import { formatInstant } from '@margay/ground';
import { type PolicyEvent, readLine } from '@margay/history';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeReport } from '../index.ts';
import { history } from '../testing/history.ts';
import * as make from '../testing/objects.ts';
import { actsOf, JOINED } from './acts.ts';
import { DELETED, MAY_HAVE_DELETED } from './deleted.ts';

const HOUR = 1_793_491_200_000_000;
const SERVER = 'system:serviceaccount:calico-apiserver:calico-apiserver';

/** One request as an audit log tells it: `from` and `to` are milliseconds after the hour. */
interface Told {
  readonly id?: string;
  readonly group?: string;
  readonly verb?: string;
  readonly user?: string;
  readonly name?: string;
  readonly code?: number;
  readonly from: number;
  readonly to: number;
  readonly body?: unknown;
}

let ids = 0;
function told({
  id = `id-${ids++}`,
  group = 'projectcalico.org',
  verb = 'create',
  ...more
}: Told): PolicyEvent {
  const { user = 'paul', name, code = 201, from, to, body } = more;
  const time = (milliseconds: number) => formatInstant(HOUR + milliseconds * 1_000);
  const event = {
    kind: 'Event',
    level: 'RequestResponse',
    stage: 'ResponseComplete',
    auditID: id,
    verb,
    user: { username: user },
    objectRef: { apiGroup: group, resource: 'networkpolicies', namespace: 'shop', ...(name && { name }) },
    responseStatus: { code },
    ...(body !== undefined && { responseObject: body }),
    requestReceivedTimestamp: time(from),
    stageTimestamp: time(to),
  };
  const [reading] = readLine(JSON.stringify(event), { source: 'audit.log', position: 1 });
  const policyEvent = reading?.kind === 'unusable' ? undefined : reading?.policyEvent;
  if (policyEvent === undefined) throw new Error(`no policy event: ${JSON.stringify(reading)}`);
  return policyEvent;
}

const served = (name: string) => ({
  apiVersion: 'projectcalico.org/v3',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop', uid: 'u-1', resourceVersion: '7' },
  spec: { selector: 'all()' },
});
const kept = (name: string) => ({
  ...served(`default.${name}`),
  apiVersion: 'crd.projectcalico.org/v1',
});
const request = (more: Partial<Told> = {}): PolicyEvent => told({ id: 'one', from: 0, to: 20, ...more });
const twin = (more: Partial<Told> = {}): PolicyEvent =>
  told({ id: 'one', from: 2, to: 18, name: 'web', body: served('web'), ...more });
const write = ({ name = 'default.web', ...more }: Partial<Told> = {}): PolicyEvent => {
  const body = kept(name.replace('default.', ''));
  return told({ group: 'crd.projectcalico.org', user: SERVER, from: 5, to: 10, name, body, ...more });
};

/** `verb name by caller, outcome, as the event shows it`, in order. */
const shown = (events: readonly PolicyEvent[]): string[] =>
  actsOf(events)
    .sort((a, b) => a.from - b.from || (a.eventId < b.eventId ? -1 : 1))
    .map(({ verb, name, actor, outcome, event }) => {
      const { responseObject } = event as { responseObject?: { apiVersion?: string } };
      return `${verb} ${name || '?'} by ${actor?.user === SERVER ? 'the server' : actor?.user}, ${outcome}, ${responseObject?.apiVersion ?? 'no body'}`;
    });

describe('one act is one event', () => {
  test.each<[why: string, events: PolicyEvent[], acts: string[]]>([
    ['a request alone', [request()], ['create ? by paul, done, no body']],
    [
      'a request and the write behind it',
      [request(), write()],
      ['create web by paul, done, crd.projectcalico.org/v1'],
    ],
    ['a request in both logs', [request(), twin()], ['create web by paul, done, projectcalico.org/v3']],
    ['all three', [request(), twin(), write()], ['create web by paul, done, projectcalico.org/v3']],
    [
      "the server's own log and the write behind it",
      [twin(), write()],
      ['create web by paul, done, projectcalico.org/v3'],
    ],
    [
      'an update that was tried twice',
      [
        request({ verb: 'update', name: 'web', code: 200 }),
        write({ verb: 'update', code: 409, body: undefined }),
        write({ verb: 'update', code: 200, from: 11, to: 12 }),
      ],
      ['update web by paul, done, crd.projectcalico.org/v1'],
    ],
    [
      'an update under the name with its tier in front',
      [request({ verb: 'update', name: 'default.web', code: 200 }), write({ verb: 'update', code: 200 })],
      ['update web by paul, done, crd.projectcalico.org/v1'],
    ],
    [
      'a server-side apply',
      [request({ verb: 'patch', name: 'web' }), write()],
      ['patch web by paul, done, crd.projectcalico.org/v1'],
    ],
    [
      'a request that was answered too late, and done',
      [request({ code: 504 }), write()],
      ['create web by paul, done, crd.projectcalico.org/v1'],
    ],
    [
      'a request of which nothing else tells',
      [request({ code: 504 })],
      ['create ? by paul, unsettled, no body'],
    ],
    [
      'clocks that are a little apart',
      [request(), write({ from: -3, to: 4 })],
      ['create web by paul, done, crd.projectcalico.org/v1'],
    ],
  ])('%s', (_, events, acts) => {
    expect(shown(events)).toEqual(acts);
  });

  test('the event says which others it was joined with', () => {
    const [act] = actsOf([request(), twin(), write({ id: 'two' })]);
    expect(act?.event).toMatchObject({
      auditID: 'one',
      user: { username: 'paul' },
      objectRef: { name: 'web' },
      annotations: { [JOINED]: 'one,two' },
    });
    expect(act?.at).toBe(HOUR + 20_000);
  });

  test('a deletion of many, and each that Calico deleted for it', () => {
    const many = request({ verb: 'deletecollection', code: 200, to: 900 });
    const each = ['a', 'b'].map((name, i) =>
      write({ verb: 'delete', name: `default.${name}`, code: 200, from: 100 * i + 1, to: 100 * i + 90 }),
    );
    const report = audit([many, ...each], []);
    expect(report.auditSummary).toMatchObject({ numTotal: 1, numDelete: 1 });
    expect(report.auditEvents).toMatchObject([{ annotations: { [DELETED]: 'a,b' } }]);
  });
});

describe('two acts stay two', () => {
  test.each<[why: string, events: PolicyEvent[], acts: string[]]>([
    [
      'somebody else who writes what Calico keeps, meanwhile',
      [
        request({ verb: 'update', name: 'web', code: 200 }),
        write({ user: 'bob', verb: 'update', code: 200 }),
      ],
      ['update web by paul, done, no body', 'update web by bob, done, crd.projectcalico.org/v1'],
    ],
    [
      'a write of the server for somebody whose request is not in the log',
      [request(), write({ from: 500, to: 510 })],
      ['create ? by paul, done, no body', 'create web by the server, done, crd.projectcalico.org/v1'],
    ],
    [
      'another policy',
      [request({ verb: 'update', name: 'db', code: 200 }), write({ verb: 'update', code: 200 })],
      ['update db by paul, done, no body', 'update web by the server, done, crd.projectcalico.org/v1'],
    ],
    [
      'another verb',
      [request({ verb: 'delete', name: 'web', code: 200 }), write()],
      ['delete web by paul, done, no body', 'create web by the server, done, crd.projectcalico.org/v1'],
    ],
    [
      'two requests under one audit ID, which callers may choose',
      [twin({ from: 0, to: 20 }), twin()],
      ['create web by paul, done, projectcalico.org/v3', 'create web by paul, done, projectcalico.org/v3'],
    ],
    [
      "another's request under the same audit ID",
      [request(), twin({ user: 'eve' })],
      ['create ? by paul, done, no body', 'create web by eve, done, projectcalico.org/v3'],
    ],
    [
      'two creations of one caller at the same time',
      [request(), request({ id: 'other', to: 21 }), write(), write({ name: 'default.db', from: 6, to: 9 })],
      [
        'create web by paul, done, crd.projectcalico.org/v1',
        'create db by paul, done, crd.projectcalico.org/v1',
      ],
    ],
    [
      'two creations of two callers at the same time: who made which is not known',
      [request(), request({ user: 'ana', to: 21 }), write(), write({ name: 'default.db', from: 6, to: 9 })],
      ['create ? by paul, done, no body', 'create ? by ana, done, no body'],
    ],
    [
      'a creation, and an update of it right afterwards',
      [
        request(),
        write(),
        request({ user: 'ana', verb: 'update', name: 'web', code: 200, from: 60, to: 80 }),
        write({ verb: 'update', code: 200, from: 65, to: 70 }),
      ],
      [
        'create web by paul, done, crd.projectcalico.org/v1',
        'update web by ana, done, crd.projectcalico.org/v1',
      ],
    ],
    [
      'a write behind it more than there are requests',
      [request(), write(), write({ name: 'default.db', from: 6, to: 9 })],
      [
        'create web by paul, done, crd.projectcalico.org/v1',
        'create db by the server, done, crd.projectcalico.org/v1',
      ],
    ],
  ])('%s', (_, events, acts) => {
    expect(shown(events)).toEqual(acts);
  });
});

test('a request that was received is no act of its own where another event tells its answer', () => {
  const received = { ...request({ to: 0 }), outcome: 'unsettled' as const };
  const asked = { ...received, event: { ...(received.event as object), stage: 'RequestReceived' } };
  expect(shown([asked, request()])).toEqual(['create ? by paul, done, no body']);
  expect(shown([asked, request({ id: 'another' })])).toHaveLength(2);
  expect(actsOf([asked])).toMatchObject([{ outcome: 'unsettled' }]);
});

test('the acts are the same whatever the order of the events and their repetition', () => {
  const any = fc.record({
    kind: fc.constantFrom(request, twin, write),
    more: fc.record({
      user: fc.constantFrom('paul', 'ana', SERVER),
      verb: fc.constantFrom('create', 'update', 'delete'),
      from: fc.integer({ min: 0, max: 8 }),
    }),
    id: fc.constantFrom('one', 'two'),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 8 }), fc.array(fc.nat({ max: 7 })), (some, order) => {
      const events = some.map(({ kind, more, id }) =>
        kind({ ...more, id: `${id} ${more.user}`, to: more.from + 9 }),
      );
      const again = order.flatMap((i) => events[i] ?? []).concat(events.toReversed());
      expect(shown(again)).toEqual(shown(events));
      // Nothing is lost: each event tells of exactly one act.
      const parts = actsOf(events).flatMap((act) => act.parts.map(({ eventId }) => eventId));
      expect(parts.sort()).toEqual([...new Set(events.map(({ eventId }) => eventId))].sort());
    }),
    { numRuns: 500 },
  );
});

function audit(policyEvents: readonly PolicyEvent[], versions: ReturnType<typeof history>, scope?: object) {
  return computeReport({
    name: 'r',
    spec: { reportType: 'policy-audit', ...scope },
    window: { start: HOUR, end: HOUR + 3_600_000_000 },
    versions,
    policyEvents,
  });
}

test('an act that began before the window and was answered in it is one of the window, told whole', () => {
  const events = [request({ from: -20, to: 5 }), write({ from: -10, to: -5 })];
  expect(audit(events, []).auditEvents).toMatchObject([{ responseObject: kept('web') }]);
  // In the window before, in which only the write behind it was answered, it is none.
  const before = computeReport({
    name: 'r',
    spec: { reportType: 'policy-audit' },
    window: { start: HOUR - 3_600_000_000, end: HOUR },
    versions: [],
    policyEvents: events,
  });
  expect(before.auditSummary.numTotal).toBe(0);
});

describe('a deletion of many in a scope', () => {
  const WEB = make.pod('shop/web-1', { app: 'web' });
  const selecting = (name: string, app: string) =>
    make.calicoPolicy(`shop/${name}`, { selector: `app == '${app}'`, types: ['Ingress'] });
  const scope = { endpoints: { selector: "app == 'web'" } };
  const deletion = (more: Partial<Told>) => request({ verb: 'deletecollection', code: 200, ...more });
  const listing = (...names: readonly string[]) => ({
    apiVersion: 'projectcalico.org/v3',
    kind: 'NetworkPolicyList',
    items: names.map((name) => served(name)),
  });
  const until = (at: number) =>
    history([
      { at: HOUR - 9_000_000, object: WEB },
      ...[selecting('web', 'web'), selecting('db', 'db')].flatMap((object) => [
        { at: HOUR - 8_000_000, object },
        { at: HOUR + at * 1_000, object, what: 'gone' as const },
      ]),
    ]);

  test.each<
    [why: string, told: Partial<Told>, versions: ReturnType<typeof history>, deleted: string | undefined]
  >([
    ['that lists a policy that selected', { body: listing('db', 'web') }, until(20), 'db,web'],
    ['that lists none that selected', { body: listing('db') }, until(20), undefined],
    ['without its list, when a policy that selected ended', {}, until(20), 'db,web'],
    [
      'that began before the window, when all ended',
      { from: -2_000, body: listing('web') },
      until(-2_000),
      'web',
    ],
    ['that began before the window, without its list', { from: -2_000 }, until(-1_000), 'db,web'],
  ])('%s', (_, more, versions, deleted) => {
    const { auditEvents } = audit([deletion(more)], versions, scope);
    expect(auditEvents.map((event) => (event as { annotations?: object }).annotations)).toEqual(
      deleted === undefined ? [] : [{ [DELETED]: deleted }],
    );
  });

  test('of which nothing tells what it deleted, when a policy selected beside it', () => {
    const versions = history([
      { at: HOUR - 9_000_000, object: WEB },
      { at: HOUR - 8_000_000, object: selecting('web', 'web') },
    ]);
    expect(audit([deletion({})], versions, scope).auditEvents).toMatchObject([
      { annotations: { [MAY_HAVE_DELETED]: 'web' } },
    ]);
    expect(audit([deletion({ code: 422 })], versions, scope).unsettledPolicyWrites).toMatchObject([
      { annotations: { [MAY_HAVE_DELETED]: 'web' } },
    ]);
    // What is seen afterwards as the same object was not deleted.
    const [pod, policy] = versions;
    const seen = [pod!, { ...policy!, validTo: HOUR + 60 }, { ...policy!, validFrom: HOUR + 60_000_000 }];
    expect(audit([deletion({})], seen, scope).auditEvents).not.toMatchObject([
      { annotations: { [MAY_HAVE_DELETED]: 'web' } },
    ]);
  });
});
