import {
  fileSource,
  lostSource,
  markOf,
  type CoverageMark,
  type Read,
  type TellerFact,
} from '@margay/coverage';
import { DAY, HOUR, type Instant, MINUTE } from '@margay/ground';
import { FIRST_OBJECT } from '@margay/history';
import { computeReport, reportInput, splitReport } from '@margay/reports';
import { deliveredIn, openEmbedded, type Stores } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { Standing } from '../clusters/standing.ts';
import { lateOf } from './late.ts';
import { openedOf, toldBy } from './opened.ts';

const START = Date.parse('2026-11-01T10:00:00Z') * 1_000;
const END = START + 2 * HOUR;

const minutes = (from: Instant, to: Instant) =>
  Array.from({ length: Math.max(0, Math.floor((to - from) / MINUTE)) }, (_, i) => from + i * MINUTE);
const FROM = START - 10 * HOUR;

/** Events of a log each minute, behind those that were there before. */
function eachMinute(name: string, from: Instant, to: Instant, identity = '0123456789abcdef'): CoverageMark {
  const first = Math.floor((from - FROM) / MINUTE);
  const reads = minutes(from, to).map((at, i): Read => ({
    position: first + i,
    reading: { kind: 'ignored', at, reason: 'out-of-kind' },
  }));
  return markOf(fileSource(name, identity), first, first + reads.length, reads);
}

/** Stores of a cluster that is as old as its logs. */
async function opened(): Promise<Stores> {
  const stores = openEmbedded(':memory:');
  onTestFinished(() => stores.close());
  await stores.history.append([
    {
      ...FIRST_OBJECT,
      id: 'birth#0',
      eventId: 'birth',
      what: 'present',
      uid: 'first',
      resourceVersion: '1',
      at: FROM,
      receivedAt: FROM,
      created: true,
      content: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: FIRST_OBJECT.name } },
      origin: { source: 'a.log', position: 0 },
    },
  ]);
  return stores;
}

/** Archives the report over the window as a worker does. */
async function archived(stores: Stores, id: string, generatedAt = END + HOUR) {
  const window = { start: START, end: END };
  const read = await stores.arrivals.place();
  const report = computeReport(
    reportInput(
      { name: 'hourly', spec: { reportType: 'inventory' }, cluster: 'c', window },
      {
        versions: [],
        policyEvents: [],
        flows: [],
        repeats: [],
        ...(await deliveredIn(stores, window)),
      },
    ),
  );
  const { header, digest } = splitReport(report);
  await stores.windows.emit(
    [{ cluster: 'c', id, reportName: 'hourly', reportType: 'inventory', spec: {}, ...window, manual: false }],
    END,
  );
  await stores.archive.complete({
    id,
    cluster: 'c',
    reportName: 'hourly',
    reportType: 'inventory',
    ...window,
    generatedAt,
    digest,
    parts: [],
    read,
    content: header,
  });
  return toldBy((await stores.archive.header(id))!);
}

/** How often all deliveries are read. */
function counted(stores: Stores) {
  let count = 0;
  const coverage = {
    ...stores.coverage,
    deliveries: (until?: Instant) => {
      count++;
      return stores.coverage.deliveries(until);
    },
  };
  return { stores: { ...stores, coverage }, count: () => count };
}

test('sources that go on are not looked at again, however much they tell', async () => {
  const kept = await opened();
  await kept.coverage.append([eachMinute('a.log', FROM, END + HOUR)]);
  const told = await archived(kept, 'r');
  expect(told.isSettled).toBe(true);
  const { stores, count } = counted(kept);
  const judge = openedOf(stores, () => END + 2 * HOUR);
  for (let hour = 1; hour < 5; hour++) {
    await kept.coverage.append([eachMinute('a.log', END + hour * HOUR, END + (hour + 1) * HOUR)]);
    expect(await judge([{ id: 'r', told, deliveries: 0 }])).toEqual(new Map());
  }
  expect(count()).toBe(0);
});

test('a log that stays silent while another goes on marks the report, once and for all', async () => {
  const kept = await opened();
  await kept.coverage.append([eachMinute('a.log', FROM, END + 2 * MINUTE)]);
  await kept.coverage.append([eachMinute('b.log', FROM, END - MINUTE)]);
  const told = await archived(kept, 'r', END + 2 * MINUTE);
  const { stores, count } = counted(kept);
  let now = END + 2 * MINUTE;
  const judge = openedOf(stores, () => now);
  const asked = [{ id: 'r', told, deliveries: 0 }];
  expect(await judge(asked)).toEqual(new Map([['r', []]]));
  await kept.coverage.append([eachMinute('a.log', END + 2 * MINUTE, END + HOUR)]);
  now = END + HOUR;
  const said = (await judge(asked)).get('r');
  expect(said).toEqual([expect.stringMatching(/^Nothing is known to have been delivered by b\.log/)]);
  // It is said by the runs, whoever asks first.
  expect((await lateOf(kept)([{ id: 'r', state: 'completed', supersededBy: null }])).get('r')).toMatchObject({
    events: 0,
    deliveries: 0,
    opened: said,
    words: '1 gap was found later',
  });
  expect(
    (await lateOf(kept)([{ id: 'r', state: 'completed', supersededBy: 'r-r2' }])).get('r'),
  ).toMatchObject({ words: 'nothing came later' });
  // Later it says the same, and at last nobody looks any more.
  now = END + 2 * DAY;
  await kept.coverage.append([eachMinute('a.log', END + HOUR, now)]);
  expect((await judge(asked)).get('r')).toEqual(said);
  const looked = count();
  now += DAY;
  expect((await judge(asked)).get('r')).toEqual(said);
  expect(count()).toBe(looked);
  // A report over what is known now has nothing to be told of.
  const again = await archived(kept, 'r-r2', now);
  expect(await openedOf(kept, () => now)([{ id: 'r-r2', told: again, deliveries: 0 }])).toEqual(
    new Map([['r-r2', []]]),
  );
});

test('a source that was retired and tells something again was silent in the report’s window', async () => {
  const kept = await opened();
  await kept.coverage.append([eachMinute('a.log', FROM, END + HOUR), eachMinute('b.log', FROM, START)]);
  const source = fileSource('b.log', '0123456789abcdef');
  await kept.tellers.append([
    { what: 'retired', source, at: START, said: END, by: 'ann', because: 'it is gone' },
  ]);
  const told = await archived(kept, 'r');
  expect(told).toMatchObject({ isSettled: true, names: new Set(['a.log']), retired: new Set(['b.log']) });
  const now = END + 9 * DAY;
  const judge = openedOf(kept, () => now);
  const asked = [{ id: 'r', told, deliveries: 0 }];
  expect((await judge(asked)).get('r')).toEqual([]);
  await kept.coverage.append([eachMinute('b.log', END + 3 * DAY, END + 3 * DAY + HOUR)]);
  expect((await judge(asked)).get('r')).toEqual([
    expect.stringMatching(/^Nothing is known to have been delivered by b\.log/),
  ]);
});

test('a source of which it is taken back that it was retired was silent in the report’s window', async () => {
  const kept = await opened();
  await kept.coverage.append([eachMinute('a.log', FROM, END + HOUR), eachMinute('b.log', FROM, START)]);
  const source = fileSource('b.log', '0123456789abcdef');
  const word = { source, by: 'ann', because: 'it is gone' };
  await kept.tellers.append([{ what: 'retired', at: START, said: END, ...word }]);
  const told = await archived(kept, 'r');
  const judge = openedOf(kept, () => END + 9 * DAY);
  const asked = [{ id: 'r', told, deliveries: 0 }];
  expect((await judge(asked)).get('r')).toEqual([]);
  await kept.tellers.append([{ what: 'taken-back', said: END + DAY, ...word }]);
  expect((await judge(asked)).get('r')).toEqual([
    expect.stringMatching(/^Nothing is known to have been delivered by b\.log/),
  ]);
});

test.each<[string, CoverageMark, opened: RegExp | undefined, own?: string]>([
  [
    'the next file of its log',
    eachMinute('a-2026-11-01T13-00-00.000.log', END + HOUR, END + 2 * HOUR),
    undefined,
  ],
  [
    'the log of another API server under the same name',
    eachMinute('a.log', END - HOUR, END + 2 * HOUR, 'fedcba9876543210'),
    /delivered by a\.log/,
  ],
  [
    'the log of another API server, told apart by a number',
    eachMinute('audit-2.log', END + 10 * MINUTE, END + 2 * HOUR),
    /delivered by audit-2\.log/,
    'audit-1.log',
  ],
  [
    'that of the second API server, where the first has none',
    eachMinute('a-2.log.1', END + 10 * MINUTE, END + 2 * HOUR),
    /delivered by a-2\.log\.1/,
  ],
  [
    'the next file of a log with a number',
    eachMinute('audit-1.log.1', FROM - HOUR, FROM),
    undefined,
    'audit-1.log',
  ],
  ['another log, which begins later', eachMinute('c.log', END + HOUR, END + 2 * HOUR), /delivered by c\.log/],
  [
    'something that was lost between the services',
    markOf(lostSource('everything', 'margay.resource-changes/0'), 7, 8, [
      {
        position: 7,
        reading: {
          kind: 'unusable',
          reason: 'lost',
          message: 'A message is lost.',
          after: START,
          before: END + HOUR,
        },
      },
    ]),
    /^A message is lost\./,
  ],
])('a source that the report does not know: %s', async (_, mark, words, own = 'a.log') => {
  const kept = await opened();
  await kept.coverage.append([eachMinute(own, FROM, END + 30 * MINUTE)]);
  const told = await archived(kept, 'r');
  await kept.coverage.append([mark]);
  const found =
    (await openedOf(kept, () => END + 3 * HOUR)([{ id: 'r', told, deliveries: 0 }])).get('r') ?? [];
  if (words === undefined) expect(found).toEqual([]);
  else expect(found).toContainEqual(expect.stringMatching(words));
});

test('evidence of another cluster that is found later marks the reports of the time that it tells of, and no others', async () => {
  const kept = await opened();
  await kept.coverage.append([eachMinute('a.log', FROM, END + 30 * MINUTE)]);
  const told = await archived(kept, 'r');
  const judge = openedOf(kept, () => END + 30 * DAY);
  const found = async () => (await judge([{ id: 'r', told, deliveries: 0 }])).get('r') ?? [];
  const late = END + 20 * DAY;
  const times = (start: Instant, end: Instant): TellerFact => ({
    what: 'told',
    teller: 'webhook:kube-1@x',
    begun: 0,
    slot: 0,
    seen: late,
    until: late + HOUR,
    start,
    end,
  });
  await kept.tellers.append([
    { what: 'first', teller: 'webhook:kube-1@x' },
    { what: 'ours', teller: 'webhook:kube-1@x', at: FROM },
    { what: 'is', uid: 'first', at: FROM },
    { what: 'times', at: 0 },
    times(END + DAY, END + 2 * DAY),
  ]);
  expect(await found()).toEqual([]);
  await kept.tellers.append([
    { what: 'says', teller: 'webhook:kube-1@x', uid: 'second', at: late + MINUTE, since: late },
  ]);
  expect(await found()).toEqual([]);
  await kept.tellers.append([times(START + MINUTE, START + HOUR)]);
  expect(await found()).toEqual([
    expect.stringMatching(/^webhook:kube-1 tells of another cluster of this name/),
  ]);
});

test('what is set aside of a cluster later marks the reports of the time that it tells of, until it is published again', async () => {
  const kept = await opened();
  await kept.coverage.append([eachMinute('a.log', FROM, END + 30 * MINUTE)]);
  const told = await archived(kept, 'r');
  expect(told.isSettled).toBe(true);
  const judge = openedOf(kept, () => END + DAY);
  const found = async () => (await judge([{ id: 'r', told, deliveries: 0 }])).get('r') ?? [];
  const aside = (place: string, after: Instant) =>
    kept.asides.append([
      { place, topic: 'margay.resource-changes', what: 'everything', after, before: after + 1 },
    ]);
  await aside('t/0@1/5', END + MINUTE);
  expect(await found()).toEqual([]);
  await aside('t/0@2/5', START + MINUTE);
  expect(await found()).toEqual([
    expect.stringMatching(/^A message of margay\.resource-changes was set aside by a service/),
  ]);
  await kept.asides.settle(['t/0@2/5']);
  expect(await found()).toEqual([]);
});

test('of a cluster it is said what was found later of its last report', async () => {
  const stores = await opened();
  await stores.coverage.append([eachMinute('a.log', FROM, END + 2 * MINUTE)]);
  await stores.coverage.append([eachMinute('b.log', FROM, END - MINUTE)]);
  await archived(stores, 'r', END + 2 * MINUTE);
  const newest = [(await stores.archive.header('r'))!];
  const told = () => new Standing({ of: () => stores }).of('c', newest, []);
  expect(await told()).toMatchObject({ lastReport: { id: 'r' }, late: { opened: [] } });
  await stores.coverage.append([eachMinute('a.log', END + 2 * MINUTE, END + HOUR)]);
  expect(await told()).toMatchObject({
    lastReport: { id: 'r' },
    late: {
      opened: [expect.stringMatching(/^Nothing is known to have been delivered by b\.log/)],
      words: '1 gap was found later',
    },
  });
});
