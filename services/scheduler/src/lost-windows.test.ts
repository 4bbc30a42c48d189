import { reportWindows, WORKER_GROUP, type ReportWindow } from '@margay/contracts';
import { HOUR, MINUTE, SECOND } from '@margay/ground';
import { openEmbeddedBus, publishAll } from '@margay/messaging';
import { allWindows, openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { emitDueWindows, type ScheduledReport } from './emit-windows.ts';
import { handedNow, lostWindows, type Handed } from './lost-windows.ts';
import { takeAll } from './testing/take-all.ts';

const places = (...offsets: number[]) => new Map(offsets.map((offset, i) => [i, BigInt(offset)]));
const at = (behind: number[], passedSince?: number): Handed => ({
  behind: places(...behind),
  ...(passedSince !== undefined && { passedSince }),
});

test.each<[string, Handed | undefined, number[], number[], number, Handed | undefined]>([
  ['one that is new: its message is before the end', undefined, [0, 0], [3, 4], 0, at([3, 4])],
  ['its message waits', at([3, 4]), [2, 4], [9, 9], 0, at([3, 4])],
  [
    'a message of the same partition waits, perhaps it is this one',
    at([3, 4]),
    [3, 3],
    [9, 9],
    0,
    at([3, 4]),
  ],
  ['it waits for a month', at([3, 4]), [2, 4], [9, 9], 30 * 24 * HOUR, at([3, 4])],
  ['the workers have passed it just now', at([3, 4]), [3, 4], [9, 9], 50, at([3, 4], 50)],
  [
    'they passed it a moment ago: what became of it may be on its way',
    at([3, 4], 50),
    [5, 6],
    [9, 9],
    MINUTE,
    at([3, 4], 50),
  ],
  ['they passed it a minute ago', at([3, 4], 50), [5, 6], [9, 9], 50 + MINUTE, undefined],
  ['they were reset, and have it before them again', at([3, 4], 50), [0, 0], [9, 9], 50 + MINUTE, at([3, 4])],
  ['the topic was made anew and is empty', at([3, 4]), [0, 0], [0, 0], 50, at([0, 0], 50)],
  ['and a minute later', at([0, 0], 50), [0, 0], [0, 0], 50 + MINUTE, undefined],
  ['the clock was put back', at([3, 4], 5 * HOUR), [5, 6], [9, 9], HOUR, at([3, 4], HOUR)],
])('%s', (_, known, positions, ends, now, next) => {
  expect(handedNow(known, { positions: places(...positions), ends: places(...ends), now })).toEqual(next);
});

const NOON = Date.parse('2026-03-01T12:00:00Z') * 1_000;
const HOURLY: ScheduledReport = {
  report: { name: 'hourly', spec: { reportType: 'inventory', schedule: '0 * * * *' } },
  createdAt: NOON - HOUR,
};

/** A scheduler that looks every second, from noon on, at a bus and stores that may be shared. */
function scheduling(place = installed(), ahead = 0) {
  const { bus, stores } = place;
  const lost = lostWindows(bus, (states) => allWindows(stores.windows, { states }));
  const look = async (now: number) => {
    await emitDueWindows(bus, stores.windows, [HOURLY], { cluster: 'c', startDelay: 0 }, now + ahead);
    await publishAll(bus, reportWindows, await lost.find(now + ahead));
  };
  return {
    ...place,
    look,
    async seconds(from: number, to: number, each?: (now: number) => Promise<void>) {
      for (let now = NOON + from * SECOND; now < NOON + to * SECOND; now += SECOND) {
        await look(now);
        await each?.(now);
      }
    },
  };
}

function installed() {
  const bus = openEmbeddedBus(':memory:');
  const stores = openEmbedded(':memory:');
  onTestFinished(async () => {
    await bus.close();
    await stores.close();
  });
  return { bus, stores };
}
type Installed = ReturnType<typeof installed>;

const published = async ({ bus }: Installed) => {
  const windows: ReportWindow[] = [];
  for await (const { value } of bus.peek(reportWindows.name)) windows.push(reportWindows.decode(value));
  return windows;
};

test('an hour without workers: a window waits on the topic, once', async () => {
  const scheduler = scheduling();
  await scheduler.seconds(0, 3_599);
  expect(await published(scheduler)).toHaveLength(1);
});

test('a scheduler that starts anew leaves what waits where it is', async () => {
  const place = installed();
  await scheduling(place).seconds(0, 100);
  await scheduling(place).seconds(100, 400);
  expect(await published(place)).toHaveLength(1);
});

test('a window that was kept and never published, since the scheduler died between, is published', async () => {
  const scheduler = scheduling();
  const publish = scheduler.bus.publish.bind(scheduler.bus);
  scheduler.bus.publish = () => Promise.reject(new Error('killed'));
  await expect(scheduler.look(NOON)).rejects.toThrow('killed');
  scheduler.bus.publish = publish;
  await scheduler.seconds(1, 120);
  expect(await published(scheduler)).toHaveLength(1);
});

test('a running window whose worker is gone with its message is handed out again; one that is worked on is not', async () => {
  const scheduler = scheduling();
  await scheduler.seconds(0, 10);
  const [window] = await published(scheduler);
  await scheduler.stores.windows.begin(window!.id, 1, NOON);
  // Its worker has it: the message is not committed.
  await scheduler.seconds(10, 1_000);
  expect(await published(scheduler)).toHaveLength(1);
  // The message is committed, or gone with its topic, and nothing came of it.
  await takeAll(scheduler.bus);
  await scheduler.seconds(1_000, 1_060);
  expect(await published(scheduler)).toHaveLength(1);
  await scheduler.seconds(1_060, 1_090);
  expect(await published(scheduler)).toHaveLength(2);
  await takeAll(scheduler.bus);
  await scheduler.stores.windows.complete(window!.id, NOON);
  await scheduler.seconds(1_090, 1_500);
  expect(await published(scheduler)).toHaveLength(2);
});

test('windows that nobody finishes do not end the schedule: each comes again, and when they are done the next ones come', async () => {
  const scheduler = scheduling();
  for (let hour = 0; hour < 7; hour++) {
    await scheduler.look(NOON + hour * HOUR);
    for (const { id } of await published(scheduler)) await scheduler.stores.windows.begin(id, 1, NOON);
    await takeAll(scheduler.bus);
  }
  expect(await scheduler.stores.windows.active('hourly')).toBe(5);
  const before = (await published(scheduler)).length;
  await scheduler.seconds(7 * 3_600, 7 * 3_600 + 120);
  const again = (await published(scheduler)).slice(before);
  expect(new Set(again.map(({ id }) => id)).size).toBe(5);
  for (const { id } of again) await scheduler.stores.windows.complete(id, NOON);
  await scheduler.look(NOON + 8 * HOUR);
  expect(await scheduler.stores.windows.active('hourly')).toBe(4);
});

test('two schedulers an hour apart, and a worker that refuses what is not over: once a minute at most it comes again', async () => {
  const place = installed();
  const right = scheduling(place);
  const ahead = scheduling(place, HOUR);
  let completed = 0;
  const work = async (now: number) => {
    const before = await place.bus.positions(reportWindows.name, WORKER_GROUP);
    const handed = (await published(place)).slice(Number(before.get(0)));
    await takeAll(place.bus);
    for (const { id, end } of handed) {
      const record = await place.stores.windows.get(id);
      if (end > now || record?.state === 'completed') continue;
      await place.stores.windows.complete(id, now);
      completed++;
    }
  };
  for (let second = 0; second < 3_700; second++) {
    const now = NOON + second * SECOND;
    await right.look(now);
    await ahead.look(now);
    await work(now);
  }
  // Noon and one o'clock; that of two o'clock is not over by the worker's clock.
  expect(completed).toBe(2);
  expect((await place.stores.windows.list()).map(({ state }) => state)).toEqual([
    'emitted',
    'completed',
    'completed',
  ]);
  expect((await published(place)).length).toBeLessThan(75);
});
