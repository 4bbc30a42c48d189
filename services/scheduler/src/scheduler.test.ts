import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportsCompleted, reportsFailed, reportWindows } from '@margay/contracts';
import { publishAll, type Bus } from '@margay/messaging';
import { BUS, BusModule } from '@margay/messaging/nest';
import { openMetrics, silentLog, type Log } from '@margay/runtime';
import { FakeApiServer } from '@margay/kubernetes/testing';
import { connectTransports, ProcessModule, Readiness } from '@margay/runtime/nest';
import type { Stores } from '@margay/storage';
import { STORES, StoresModule } from '@margay/storage/nest';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { expect, onTestFinished, test } from 'vitest';
import { readReportsFolder } from './read-reports.ts';
import { SchedulerModule } from './scheduler.module.ts';

const HOUR = 3_600_000_000;
const NOON = Date.parse('2026-03-01T12:00:00Z') * 1_000;

/** A scheduler over embedded adapters and a folder of manifests, at noon. */
async function scheduler(manifests: string, log: Log = silentLog) {
  const folder = mkdtempSync(join(tmpdir(), 'margay-reports-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'reports.yaml'), manifests);
  // A file's time stands for the creation of its reports: three hours before noon.
  const created = (NOON - 3 * HOUR) / 1e6;
  utimesSync(join(folder, 'reports.yaml'), created, created);
  const metrics = openMetrics({ defaults: false });
  const testing = await Test.createTestingModule({
    imports: [
      ProcessModule.with({ log, metrics, clock: () => NOON }),
      SchedulerModule.over(
        { clusters: ['c'], startDelay: 0, reports: { read: () => readReportsFolder(folder) } },
        BusModule.embedded(':memory:'),
        StoresModule.embedded(':memory:', 'c'),
      ),
    ],
  }).compile();
  const app = testing.createNestApplication(new FastifyAdapter());
  onTestFinished(() => app.close());
  connectTransports(app);
  await app.init();
  await app.startAllMicroservices();
  const stores = app.get<Stores>(STORES);
  const ends = async () =>
    (await stores.windows.list({})).map(({ window }) => window.end).toSorted((a, b) => a - b);
  const readiness = async () => (await app.get(Readiness).look()).checks['globalreports'];
  const write = (text: string) => writeFileSync(join(folder, 'reports.yaml'), text);
  return { bus: app.get<Bus>(BUS), stores, metrics, ends, readiness, write };
}

const HOURLY = `apiVersion: projectcalico.org/v3
kind: GlobalReport
metadata: { name: hourly }
spec: { reportType: inventory, schedule: '0 * * * *' }
`;

test('windows that are due are kept and published, once each', async () => {
  const { bus, ends, metrics } = await scheduler(HOURLY);
  await expect.poll(ends).toEqual([NOON - 2 * HOUR, NOON - HOUR, NOON]);
  // Two looks later it is the same.
  await new Promise((wake) => setTimeout(wake, 2_200));
  expect(await ends()).toHaveLength(3);
  const published: number[] = [];
  for await (const { value } of bus.peek(reportWindows.name)) published.push(reportWindows.decode(value).end);
  expect(published.toSorted((a, b) => a - b)).toEqual([NOON - 2 * HOUR, NOON - HOUR, NOON]);
  const exposition = await metrics.exposition();
  expect(exposition).toContain('margay_windows_total{cluster="c",report="hourly"} 3');
  expect(exposition).toContain('margay_windows_active{cluster="c",report="hourly"} 3');
});

test('what became of windows is kept', async () => {
  const { bus, stores, ends } = await scheduler(HOURLY);
  await expect.poll(ends).toHaveLength(3);
  const [first, second, third] = (await stores.windows.list({})).map(({ window }) => window);
  const { cluster, reportName, reportType } = first!;
  const about = { cluster, reportName, reportType, start: 0, end: 1 };
  await publishAll(bus, reportsCompleted, [
    { ...about, id: first!.id, digest: 'd', generatedAt: NOON, summary: {} },
  ]);
  await publishAll(bus, reportsFailed, [
    { ...about, id: second!.id, reason: 'no disk', attempts: 7, failedAt: NOON },
  ]);
  const state = async (id: string) => stores.windows.get(id);
  await expect.poll(() => state(first!.id)).toMatchObject({ state: 'completed', changedAt: NOON });
  await expect
    .poll(() => state(second!.id))
    .toMatchObject({ state: 'failed', reason: 'no disk', attempt: 7 });
  expect(await state(third!.id)).toMatchObject({ state: 'emitted' });
});

test.each([
  [
    'of a type that there is not',
    HOURLY.replace('inventory', 'nonsense'),
    /reports\.yaml: GlobalReport broken: .*reportType: is "nonsense"/,
  ],
  [
    'over many clusters, where nobody said that it may be',
    HOURLY.replace('schedule', 'clusters: { selector: all() }, schedule'),
    /reports\.yaml: GlobalReport broken: spec\.clusters is refused: .* Take it out/,
  ],
  ['that is no YAML', '{', /reports\.yaml: /],
])('a manifest %s is told of by /readyz, with why, until it is mended', async (_, manifest, why) => {
  const broken = manifest.replace('hourly', 'broken');
  const { readiness, write } = await scheduler(`${HOURLY}---\n${broken}`);
  await expect
    .poll(readiness, { timeout: 5_000 })
    .toEqual({ ready: true, reason: expect.stringMatching(why) as string });
  write(HOURLY);
  await expect.poll(readiness, { timeout: 5_000 }).toEqual({ ready: true });
});

test('of many manifests that cannot be used ten are named, and the others counted', async () => {
  const broken = Array.from({ length: 12 }, (_, i) =>
    HOURLY.replace('hourly', `broken-${i}`).replace('inventory', 'nonsense'),
  );
  const { readiness } = await scheduler(broken.join('---\n'));
  await expect
    .poll(async () => (await readiness())?.reason, { timeout: 5_000 })
    .toMatch(/broken-9: [^]*; and 2 more, which the log says$/);
  expect((await readiness())!.reason).not.toContain('broken-10');
});

test('a manifest that cannot be used is told once, and the others go on', async () => {
  const warnings: unknown[] = [];
  const log: Log = { ...silentLog, warn: (message, fields) => void warnings.push([message, fields]) };
  const broken = HOURLY.replace('hourly', 'broken').replace('inventory', 'nonsense');
  const { ends } = await scheduler(`${HOURLY}---\n${broken}`, log);
  await expect.poll(ends).toHaveLength(3);
  await new Promise((wake) => setTimeout(wake, 1_200));
  expect(warnings).toEqual([
    ['A GlobalReport is not used', { problem: expect.stringMatching(/reportType: is "nonsense"/) }],
  ]);
});

test('of several clusters it is said of each by itself whether its objects can be followed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'margay-clusters-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const there = await FakeApiServer.start();
  const away = await FakeApiServer.start();
  // Each cluster connects by itself, in their order.
  const servers = [there.url, away.url];
  const connect = async () => ({ server: servers.shift()!, namespace: 'default' });
  await away.stop();
  onTestFinished(() => there.stop());
  const reports = { connect, group: 'projectcalico.org', installation: 'margay/margay' };
  const testing = await Test.createTestingModule({
    imports: [
      ProcessModule.with({ log: silentLog, metrics: openMetrics({ defaults: false }), clock: () => NOON }),
      SchedulerModule.over(
        { clusters: ['alpha', 'beta'], startDelay: 0, reports },
        BusModule.embedded(':memory:'),
        StoresModule.ofHub(folder, ['alpha', 'beta']),
      ),
    ],
  }).compile();
  const app = testing.createNestApplication(new FastifyAdapter());
  onTestFinished(() => app.close());
  await app.init();
  const checks = async () => (await app.get(Readiness).look()).checks;
  await expect
    .poll(checks, { timeout: 20_000 })
    .toMatchObject({ 'globalreports of alpha': { ready: true }, 'globalreports of beta': { ready: false } });
});
