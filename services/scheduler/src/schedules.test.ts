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
    const { emitted } = await emitDueWindows(
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

/** As `live`, with the windows that there would have been since. */
async function liveSince(
  { bus, stores }: ReturnType<typeof installation>,
  report: ScheduledReport,
  since: number,
  evidence: { readonly first: number; readonly last: number; readonly until: number },
  now: number,
) {
  for (;;) {
    const schedule = { cluster: 'c', startDelay: 0, since, evidence };
    const { emitted } = await emitDueWindows(bus, stores.windows, [report], schedule, now);
    if (emitted.length === 0) return;
    expect(emitted.length).toBeLessThanOrEqual(5);
    for (const { id } of emitted) await stores.windows.complete(id, now);
  }
}

/** The windows, which must follow one another without a gap, as their bounds. */
function tiled(windows: Awaited<ReturnType<typeof windowsOf>>): number[] {
  const inOrder = windows.toSorted((a, b) => a.start - b.start);
  expect(inOrder.slice(1).map(({ start }) => start)).toEqual(inOrder.slice(0, -1).map(({ end }) => end));
  return [...inOrder.map(({ start }) => start), ...inOrder.slice(-1).map(({ end }) => end)];
}

test('a report that appears has the windows that its schedule would have had over the evidence that there is', async () => {
  const noon = instant('2028-06-10T12:00:00Z');
  const day = (n: number) => instant('2028-06-01T00:00:00Z') + (n - 1) * DAY;
  const report = { ...scheduled('r', '0 0 * * *'), createdAt: noon };
  const place = installation();
  // Evidence from the second of June, 5 o'clock on: nothing is known of the first.
  const evidence = { first: day(2) + 5 * HOUR, last: noon, until: noon };
  await liveSince(place, report, day(1), evidence, noon + 1);
  expect(tiled(await windowsOf(place.stores, 'r'))).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10].map(day));
  // Asked again, and with more to look back to: what there was stays.
  await liveSince(place, report, day(1), { ...evidence, first: day(1) }, noon + 1);
  expect(tiled(await windowsOf(place.stores, 'r'))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(day));
  // And it goes on with its schedule.
  await live(place, () => [report], ticks(noon, day(13), HOUR));
  expect(tiled(await windowsOf(place.stores, 'r'))).toHaveLength(13);
});

test('a report with a past of its own gets what was before it, up to where it began', async () => {
  const began = instant('2028-06-10T12:30:00Z');
  const place = installation();
  const report = { ...scheduled('r', '0 0 * * *'), createdAt: began };
  const now = instant('2028-06-12T06:00:00Z');
  await live(place, () => [report], [now]);
  expect(await windowsOf(place.stores, 'r')).toHaveLength(2);
  const since = instant('2028-06-03T18:00:00Z');
  await liveSince(place, report, since, { first: since - DAY, last: now, until: now }, now);
  const bounds = tiled(await windowsOf(place.stores, 'r'));
  expect(bounds[0]).toBe(since);
  expect(bounds).toContain(began);
  expect(bounds).toHaveLength(11);
});

test('while a log is still being read, no window is reported that it has not come beyond', async () => {
  const place = installation();
  const start = instant('2028-06-01T00:00:00Z');
  const now = start + 10 * DAY;
  const report = { ...scheduled('r', '0 0 * * *'), createdAt: now };
  const reading = { first: start, last: start + 2.5 * DAY, until: start + 2.5 * DAY };
  await liveSince(place, report, start, reading, now);
  expect(tiled(await windowsOf(place.stores, 'r'))).toEqual([start, start + DAY, start + 2 * DAY]);
  await liveSince(place, report, start, { ...reading, until: now }, now);
  expect(tiled(await windowsOf(place.stores, 'r'))).toHaveLength(11);
});

test('the reports are known with what is due next', async () => {
  const { bus, stores } = installation();
  const now = instant('2028-06-01T06:00:00Z');
  const reports = [
    { ...scheduled('daily', '0 0 * * *'), createdAt: now },
    scheduled('paused', '0 0 * * *', true),
    { report: { name: 'by-hand', spec: { reportType: 'inventory' } } },
  ];
  const schedule = { cluster: 'c', startDelay: HOUR };
  const { known } = await emitDueWindows(bus, stores.windows, reports, schedule, now);
  const end = instant('2028-06-02T00:00:00Z');
  expect(known.map(({ name, next }) => [name, next])).toEqual([
    ['daily', { start: now, end, due: end + HOUR }],
    ['paused', undefined],
    ['by-hand', undefined],
  ]);
});

test('suspended, nothing is emitted; resumed, what was missed is made up for, five at once', async () => {
  const start = instant('2028-03-01T00:00:00Z');
  const place = installation();
  const isSuspended = (now: number) => now >= start + 2 * DAY && now < start + 10 * DAY;
  const reports = (now: number) => [scheduled('r', '0 0 * * *', isSuspended(now))];
  await live(place, reports, ticks(start, start + 9 * DAY, HOUR));
  expect(await windowsOf(place.stores, 'r')).toHaveLength(1);
  const { bus, stores } = place;
  const at = start + 10 * DAY;
  const { emitted } = await emitDueWindows(
    bus,
    stores.windows,
    reports(at),
    { cluster: 'c', startDelay: 0 },
    at,
  );
  expect(emitted).toHaveLength(5);
  const again = await emitDueWindows(bus, stores.windows, reports(at), { cluster: 'c', startDelay: 0 }, at);
  expect(again.emitted).toEqual([]);
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
  const ids = [...one.emitted, ...other.emitted].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toHaveLength(2_000);
});
