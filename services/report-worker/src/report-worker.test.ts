import {
  revisedWindow,
  reportsCompleted,
  reportsFailed,
  reportWindows,
  type ReportWindow,
  type Topic,
} from '@margay/contracts';
import type { Change } from '@margay/history';
import { publishAll, type Bus } from '@margay/messaging';
import { BUS, BusModule } from '@margay/messaging/nest';
import { splitReport } from '@margay/reports';
import { openMetrics, silentLog, type Log } from '@margay/runtime';
import { connectTransports, ProcessModule } from '@margay/runtime/nest';
import { openEmbedded, type Stores } from '@margay/storage';
import { STORES, StoresModule } from '@margay/storage/nest';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { expect, onTestFinished, test } from 'vitest';
import type { Compute } from './compute-in-thread.ts';
import { computeWindow } from './compute-window.ts';
import { ReportWorkerModule } from './report-worker.module.ts';

const NOW = 5_000;

/** A worker over embedded adapters, which computes as told. */
async function worker(compute: (stores: Stores) => Compute, log: Log = silentLog) {
  const opened = openEmbedded(':memory:');
  const metrics = openMetrics({ defaults: false });
  const testing = await Test.createTestingModule({
    imports: [
      ProcessModule.with({ log, metrics, clock: () => NOW, pauseMilliseconds: 5 }),
      ReportWorkerModule.over(
        compute(opened),
        BusModule.embedded(':memory:'),
        StoresModule.opened(async () => opened),
      ),
    ],
  }).compile();
  const app = testing.createNestApplication(new FastifyAdapter());
  onTestFinished(() => app.close());
  connectTransports(app);
  await app.init();
  await app.startAllMicroservices();
  const bus = app.get<Bus>(BUS);
  return {
    app,
    bus,
    stores: app.get<Stores>(STORES),
    metrics,
    done: () => bus.lag(reportWindows.name, 'report-worker'),
  };
}

const really =
  (stores: Stores): Compute =>
  async (window) => {
    const read = await stores.arrivals.place();
    const { header, digest, parts } = splitReport(await computeWindow(stores, window));
    return { header, digest, parts: [...parts], read };
  };

const windowOf = (id: string, reportType = 'inventory'): ReportWindow => ({
  cluster: 'c',
  id,
  reportName: 'daily',
  reportType,
  spec: { reportType },
  start: 0,
  end: 1_000,
  manual: false,
});

async function messagesOf<T>(bus: Bus, topic: Topic<T>): Promise<T[]> {
  const messages: T[] = [];
  for await (const { value } of bus.peek(topic.name)) messages.push(topic.decode(value));
  return messages;
}

test('a window becomes an archived report and news of it; the window again gives the same news and no second report', async () => {
  const { bus, stores, done, metrics } = await worker(really);
  const window = windowOf('w1');
  await stores.windows.emit([window], 1);
  await publishAll(bus, reportWindows, [window, window]);
  await expect.poll(done).toBe(0);
  const { headers } = await stores.archive.headers();
  expect(headers).toMatchObject([{ id: 'w1', reportName: 'daily', start: 0, end: 1_000, generatedAt: NOW }]);
  const news = await messagesOf(bus, reportsCompleted);
  expect(news.map(({ id, digest }) => [id, digest])).toEqual([
    ['w1', headers[0]!.digest],
    ['w1', headers[0]!.digest],
  ]);
  const exposition = await metrics.exposition();
  expect(exposition).toContain('margay_reports_total{type="inventory",result="completed"} 2');
  expect(exposition).toContain('margay_report_duration_seconds_count{type="inventory"} 1');
});

test('a revision says what it supersedes, which stays, and each is told of once', async () => {
  const { bus, stores, done } = await worker(really);
  const first = windowOf('w1');
  const second = revisedWindow(first, 2);
  const third = revisedWindow(first, 3);
  await stores.windows.emit([first, second, third], 1);
  await publishAll(bus, reportWindows, [first]);
  await expect.poll(done).toBe(0);
  await publishAll(bus, reportWindows, [second]);
  await expect.poll(done).toBe(0);
  await publishAll(bus, reportWindows, [third]);
  await expect.poll(done).toBe(0);
  const said = (await stores.archive.revisions('daily', first)).map((header) => [
    header.id,
    header.revision,
    header.supersedes,
  ]);
  expect(said).toEqual([
    ['w1', undefined, undefined],
    [second.id, 2, 'w1'],
    [third.id, 3, second.id],
  ]);
  const news = await messagesOf(bus, reportsCompleted);
  expect(news.map(({ id, revision, supersedes }) => [id, revision, supersedes])).toEqual(said);
  // Nothing came between them.
  expect(new Set(news.map(({ digest }) => digest)).size).toBe(1);
});

test('a report remembers where the stores were before its evidence was read', async () => {
  const { bus, stores, done } = await worker((opened) => async (window) => {
    const computed = await really(opened)(window);
    await opened.history.append([change]);
    return computed;
  });
  const change: Change = {
    id: 'e#0',
    eventId: 'e',
    what: 'gone',
    group: '',
    resource: 'pods',
    namespace: 'shop',
    name: 'web',
    at: 500,
    receivedAt: 500,
    origin: { source: 'audit.log', position: 0 },
  };
  await stores.windows.emit([windowOf('w1')], 1);
  await publishAll(bus, reportWindows, [windowOf('w1')]);
  await expect.poll(done).toBe(0);
  const { read } = (await stores.archive.header('w1'))!;
  const window = { start: 0, end: 1_000 };
  expect(await stores.arrivals.later([{ place: read!, window }])).toMatchObject([{ events: 1 }]);
});

test('an attempt that fails is told of and made again', async () => {
  let attempts = 0;
  const warnings: unknown[] = [];
  const log: Log = { ...silentLog, warn: (message, fields) => void warnings.push([message, fields]) };
  const { bus, stores, done } = await worker(
    (opened) => async (window) => {
      if (++attempts === 1) throw new Error('no memory');
      return really(opened)(window);
    },
    log,
  );
  const window = windowOf('w1');
  await stores.windows.emit([window], 1);
  await publishAll(bus, reportWindows, [window]);
  await expect.poll(done, { timeout: 10_000 }).toBe(0);
  expect(warnings).toMatchObject([
    ['A window could not be computed', { id: 'w1', report: 'daily', attempt: 1, reason: 'no memory' }],
  ]);
  expect((await stores.windows.get('w1'))?.attempt).toBe(2);
  expect(await messagesOf(bus, reportsCompleted)).toHaveLength(1);
  expect(await messagesOf(bus, reportsFailed)).toEqual([]);
});

test('a stop in the middle of the pause before another attempt leaves the window on the topic', async () => {
  let attempts = 0;
  const { app, bus, stores } = await worker(() => async () => {
    attempts++;
    throw new Error('no memory');
  });
  const window = windowOf('w1');
  await stores.windows.emit([window], 1);
  await publishAll(bus, reportWindows, [window]);
  await expect.poll(() => attempts).toBe(1);
  const before = Date.now();
  const left: number[] = [];
  // The last moment at which the bus can be asked.
  bus.close = async () => void left.push(await bus.lag(reportWindows.name, 'report-worker'));
  await app.close();
  expect(Date.now() - before).toBeLessThan(900);
  expect(left).toEqual([1]);
});
