import { openEmbeddedBus } from '@margay/messaging';
import { openEmbedded, type Stores } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { emitDueWindows, type ScheduledReport } from './emit-windows.ts';

const HOUR = 3_600_000_000;
const DAY = 24 * HOUR;
const instant = (text: string) => Date.parse(text) * 1_000;

function installation() {
  const bus = openEmbeddedBus(':memory:');
  const stores = openEmbedded(':memory:');
  onTestFinished(async () => {
    await bus.close();
    await stores.close();
  });
  return { bus, stores };
}

const scheduled = (name: string, schedule: string, suspend = false): ScheduledReport => ({
  report: { name, spec: { reportType: 'inventory', schedule, suspend } },
});

/** Every window of the report, oldest first, as `start end`. */
async function windowsOf({ windows }: Stores, reportName: string) {
  const records = await windows.list({ reportName, limit: 20_000 });
  return records.map(({ window }) => window).reverse();
}

/** Looks at the clock again and again; what is emitted is computed at once. */
async function live(
  { bus, stores }: ReturnType<typeof installation>,
  reports: (now: number) => ScheduledReport[],
  clock: Iterable<number>,
) {
  for (const now of clock) {
    const emitted = await emitDueWindows(
      bus,
      stores.windows,
      reports(now),
      { cluster: 'c', startDelay: 0 },
      now,
    );
    for (const { id } of emitted) await stores.windows.complete(id, now);
  }
}

function* ticks(start: number, end: number, step: number) {
  for (let now = start; now <= end; now += step) yield now;
}

/** What a schedule means, said without cron: the minutes at which windows end. */
const CASES: readonly (readonly [schedule: string, ends: (at: Date) => boolean, count: number])[] = [
  ['0 */6 * * *', (at) => at.getUTCMinutes() === 0 && at.getUTCHours() % 6 === 0, 366 * 4],
  // 02:30 does not exist once a year in New York and exists twice once a year: schedules are UTC.
  ['30 2 * * *', (at) => at.getUTCMinutes() === 30 && at.getUTCHours() === 2, 366],
  ['0 0 31 * *', (at) => at.getUTCMinutes() === 0 && at.getUTCHours() === 0 && at.getUTCDate() === 31, 7],
  [
    '15 12 29 2 *',
    (at) =>
      at.getUTCMinutes() === 15 &&
      at.getUTCHours() === 12 &&
      at.getUTCDate() === 29 &&
      at.getUTCMonth() === 1,
    1,
  ],
  ['0 8 * * 1', (at) => at.getUTCMinutes() === 0 && at.getUTCHours() === 8 && at.getUTCDay() === 1, 52],
];

test.each(CASES)(
  'a leap year of %s: each window once, the end of one the start of the next',
  async (schedule, endsAt, count) => {
    const zone = process.env['TZ'];
    process.env['TZ'] = 'America/New_York';
    onTestFinished(() => {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    });
    const start = instant('2028-01-01T00:00:00Z');
    const end = instant('2029-01-01T00:00:00Z');
    const place = installation();
    await live(place, () => [scheduled('r', schedule)], ticks(start, end, 7 * HOUR + 11_000_000));
    // The last look was before the year's end.
    await live(place, () => [scheduled('r', schedule)], [end, end, end]);
    const expected: number[] = [];
    for (let minute = start + 60_000_000; minute <= end; minute += 60_000_000)
      if (endsAt(new Date(minute / 1_000))) expected.push(minute);
    expect(expected).toHaveLength(count);
    const windows = await windowsOf(place.stores, 'r');
    expect(windows.map((window) => window.end)).toEqual(expected);
    expect(windows.map((window) => window.start)).toEqual([start, ...expected.slice(0, -1)]);
  },
);

test('suspended, nothing is emitted; resumed, what was missed is made up for, five at once', async () => {
  const start = instant('2028-03-01T00:00:00Z');
  const place = installation();
  const isSuspended = (now: number) => now >= start + 2 * DAY && now < start + 10 * DAY;
  const reports = (now: number) => [scheduled('r', '0 0 * * *', isSuspended(now))];
  await live(place, reports, ticks(start, start + 9 * DAY, HOUR));
  expect(await windowsOf(place.stores, 'r')).toHaveLength(1);
  const { bus, stores } = place;
  const at = start + 10 * DAY;
  const emitted = await emitDueWindows(bus, stores.windows, reports(at), { cluster: 'c', startDelay: 0 }, at);
  expect(emitted).toHaveLength(5);
  expect(await emitDueWindows(bus, stores.windows, reports(at), { cluster: 'c', startDelay: 0 }, at)).toEqual(
    [],
  );
  for (const { id } of emitted) await stores.windows.complete(id, at);
  await live(place, reports, ticks(at, at + HOUR, HOUR / 4));
  const windows = await windowsOf(stores, 'r');
  expect(windows.map(({ end }) => end)).toEqual(Array.from({ length: 10 }, (_, i) => start + (i + 1) * DAY));
});

test('a clock that jumps forward and back emits no window twice and leaves none out', async () => {
  const start = instant('2028-06-01T00:00:00Z');
  const place = installation();
  const clock = [0, 3, 30, 5, 4, 90, 91, 20, 95, 95.5, 96, 40, 97, 98, 99, 100, 100, 100, 100];
  await live(
    place,
    () => [scheduled('r', '0 */4 * * *')],
    [...clock, ...Array.from({ length: 20 }, () => 100)].map((hours) => start + hours * HOUR),
  );
  const windows = await windowsOf(place.stores, 'r');
  expect(windows.map(({ end }) => end)).toEqual(
    Array.from({ length: 25 }, (_, i) => start + (i + 1) * 4 * HOUR),
  );
});

test('a thousand GlobalReports by two schedulers at once: each window once', async () => {
  const start = instant('2028-06-01T00:00:00Z');
  const { bus, stores } = installation();
  const reports = Array.from({ length: 1_000 }, (_, i) => scheduled(`report-${i}`, `${i % 60} * * * *`));
  const look = (now: number) =>
    emitDueWindows(bus, stores.windows, reports, { cluster: 'c', startDelay: 0 }, now);
  await look(start);
  const [one, other] = await Promise.all([look(start + 2 * HOUR), look(start + 2 * HOUR)]);
  const ids = [...one, ...other].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toHaveLength(2_000);
});
