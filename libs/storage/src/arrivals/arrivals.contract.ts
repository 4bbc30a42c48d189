import type { ReportWindow } from '@margay/contracts';
import type { CoverageMark } from '@margay/coverage';
import type { Flow } from '@margay/flows';
import type { Change, PolicyEvent } from '@margay/history';
import { describe, expect, test } from 'vitest';
import type { Stores } from '../stores.ts';

const HOUR = 3_600_000_000;
const START = 1_764_000_000_000_000;
const END = START + HOUR;
const window = { start: START, end: END };
/** In the month before, so that it is kept elsewhere. */
const LONG_BEFORE = START - 40 * 24 * HOUR;

const change = (id: string, at: number): Change => ({
  id: `${id}#0`,
  eventId: id,
  what: 'present',
  group: '',
  resource: 'namespaces',
  namespace: '',
  name: id,
  uid: `uid-${id}`,
  resourceVersion: String(at),
  at,
  receivedAt: at,
  content: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: id } },
  origin: { source: 'audit.log', position: at },
});

/** A change of another object, which the same event told. */
const alsoBy = (told: Change, name: string): Change => ({
  ...told,
  id: `${told.eventId}#${name}`,
  name,
  uid: name,
});

/** That it may have been written since an instant. */
const doubtfulSince = (
  { content: _, resourceVersion: __, id, ...facts }: Change,
  receivedAt: number,
): Change => ({
  ...facts,
  id: `${id}?`,
  eventId: `${id}?`,
  what: 'doubtful',
  receivedAt,
  doubt: { reason: 'relisted', may: 'be-anything', message: 'a list shows it to be written' },
});

const attempt = (eventId: string, at: number, outcome: PolicyEvent['outcome']): PolicyEvent => ({
  eventId,
  at,
  group: 'networking.k8s.io',
  resource: 'networkpolicies',
  namespace: 'shop',
  name: 'deny',
  verb: 'create',
  outcome,
  event: {},
});

const flow = (id: string, startAt: number, endAt: number): Flow => ({
  id,
  startAt,
  endAt,
  reporter: 'src',
  action: 'allow',
  source: { type: 'pod', namespace: 'shop', name: 'web', nameIsPrefix: false },
  destination: { type: 'network', namespace: '', name: 'pub', nameIsPrefix: false },
});

const mark = (from: number, at: number): CoverageMark => ({
  source: 'audit.log',
  from,
  to: from + 1,
  buckets: [{ minute: at - (at % 60_000_000), first: at, last: at, counts: { 'ignored:stage': 1 } }],
  timeless: {},
  problems: [],
  problemsTotal: 0,
});

const emitted = (id: string): ReportWindow => ({
  ...window,
  cluster: 'c',
  id,
  reportName: 'daily',
  reportType: 'inventory',
  spec: {},
  manual: false,
});

/** What the order of arrival must be in every set of stores. `open` gives empty ones. */
export function arrivalsContract(name: string, open: () => Promise<Stores>) {
  describe(`arrivals contract: ${name}`, () => {
    const later = async ({ arrivals }: Stores, place: Readonly<Record<string, number>>) =>
      (await arrivals.later([{ place, window }]))[0];

    test('what was there when a report was read is not late, and neither are repeats of it', async () => {
      const stores = await open();
      await stores.windows.emit([emitted('a')], END);
      const there = [change('there', START + 5), change('before', LONG_BEFORE)];
      await stores.history.append(there);
      await stores.trail.append([attempt('t', START + 5, 'refused')]);
      await stores.flows.append([flow('f', START, START + 5)]);
      await stores.coverage.append([mark(0, START + 5)]);
      const place = await stores.arrivals.place();
      await stores.history.append(there);
      await stores.history.append([{ ...there[0]!, origin: { source: 'webhook', position: 1 } }]);
      await stores.trail.append([attempt('t', START + 5, 'refused')]);
      await stores.flows.append([flow('f', START, START + 5)]);
      expect(await later(stores, place)).toEqual({ events: 0, derivedAnew: 0, flows: 0, deliveries: 0 });
      expect(await stores.arrivals.place()).toEqual(place);
    });

    type Stored = (stores: Stores) => Promise<unknown>;
    test.each<[string, { events?: number; flows?: number; deliveries?: number }, Stored]>([
      ['a change in the window', { events: 1 }, ({ history }) => history.append([change('x', END - 1)])],
      ['one at its end', {}, ({ history }) => history.append([change('x', END)])],
      [
        'one from before it, which it begins with',
        { events: 1 },
        ({ history }) => history.append([change('x', LONG_BEFORE)]),
      ],
      [
        'an event about many objects, and another about one of them',
        { events: 2 },
        async ({ history }) => {
          const first = change('x', START);
          await history.append([first, alsoBy(first, 'b')]);
          await history.append([alsoBy(first, 'c'), alsoBy(change('y', START + 1), 'b')]);
        },
      ],
      [
        'an event of which only some objects are before its end',
        { events: 1 },
        ({ history }) => {
          const first = change('x', END - 1);
          return history.append([first, { ...alsoBy(first, 'b'), at: END }]);
        },
      ],
      [
        'a change behind it that shows that one in it was missed',
        { events: 1 },
        async ({ history }) => {
          const told = change('there', END + 5);
          await history.append([{ ...told, id: 'later#0', generation: 3 }]);
        },
      ],
      [
        'what a list behind it shows to have been written since it was told of',
        { events: 1 },
        async ({ history }) => {
          await history.append([doubtfulSince(change('there', END + HOUR), START + 5)]);
          await history.append([doubtfulSince(change('there', END + HOUR), START + 5)]);
        },
      ],
      [
        'a refused write that showed its object',
        { events: 1 },
        async ({ history, trail }) => {
          await history.append([change('x', START)]);
          await trail.append([attempt('x', START, 'refused')]);
        },
      ],
      ['a refused write in it', { events: 1 }, ({ trail }) => trail.append([attempt('x', START, 'refused')])],
      [
        'refused writes before and after it',
        {},
        ({ trail }) => trail.append([attempt('x', START - 1, 'refused'), attempt('y', END, 'refused')]),
      ],
      [
        'a write that was done, whose change is counted',
        {},
        ({ trail }) => trail.append([attempt('x', START, 'done')]),
      ],
      [
        'flows that overlap it, and those that do not',
        { flows: 2 },
        ({ flows }) =>
          flows.append([
            flow('x', START - 10, START + 1),
            flow('y', END - 1, END + 10),
            flow('z', START - 10, START),
            flow('w', END, END + 10),
          ]),
      ],
      [
        'lines in it and after it',
        { deliveries: 1 },
        ({ coverage }) => coverage.append([mark(7, START + 9), mark(8, END)]),
      ],
    ])('%s', async (_, counts, store) => {
      const stores = await open();
      await stores.windows.emit([emitted('a')], END);
      await stores.history.append([{ ...change('there', START + 5), generation: 1 }]);
      const place = await stores.arrivals.place();
      await store(stores);
      await stores.history.append([change('live', END + HOUR)]);
      expect(await later(stores, place)).toEqual({
        events: 0,
        derivedAnew: 0,
        flows: 0,
        deliveries: 0,
        ...counts,
      });
    });

    test('evidence that nobody removed is whole, whatever comes later', async () => {
      const stores = await open();
      await stores.windows.emit([emitted('a')], END);
      const isWhole = async (place: Readonly<Record<string, number>>) =>
        [window, { start: LONG_BEFORE, end: END }].map((over) =>
          stores.arrivals.isWhole({ place, window: over }),
        );
      const before = await stores.arrivals.place();
      await stores.history.append([change('there', START + 5), change('before', LONG_BEFORE)]);
      await stores.flows.append([flow('f', START, START + 5)]);
      const place = await stores.arrivals.place();
      await stores.history.append([change('late', START + 6)]);
      for (const at of [before, place]) expect(await Promise.all(await isWhole(at))).toEqual([true, true]);
    });

    test('each report is told what came after itself', async () => {
      const stores = await open();
      await stores.windows.emit([emitted('a')], END);
      const first = await stores.arrivals.place();
      await stores.history.append([change('x', START + 1), change('y', START + 2)]);
      const second = await stores.arrivals.place();
      await stores.history.append([change('z', END - 1)]);
      const short = { start: START, end: START + 2 };
      const told = await stores.arrivals.later([
        { place: first, window },
        { place: second, window },
        { place: first, window: short },
      ]);
      expect(told.map(({ events }) => events)).toEqual([3, 1, 1]);
      expect(await stores.arrivals.later([])).toEqual([]);
    });
  });
}
