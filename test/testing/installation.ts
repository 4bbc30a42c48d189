import { randomUUID } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { publishIngested, readAuditFile } from '@margay/audit-ingestor';
import { reportsCompleted, topics, type ReportCompleted } from '@margay/contracts';
import type { Interval } from '@margay/ground';
import { deadLetterTopic, openEmbeddedBus, openKafkaBus, type Bus } from '@margay/messaging';
import { requestRun } from '@margay/scheduler';
import { evidenceLag } from '@margay/snapshotter';
import { openPositions, readLines, type Line } from '@margay/sources';
import { openElasticsearch, openEmbedded, type Stores } from '@margay/storage';
import { expect, onTestFinished } from 'vitest';
import { AUDIT_LOG, ownFolder } from './margay.ts';
import { startServicesOver } from './services-over.ts';
import type { ServiceProcess } from './services.ts';

/** The recorded cluster's name. */
export const CLUSTER = 'recorded';
/** The predefined types of reports. */
export const TYPES = ['inventory', 'network-access', 'policy-audit', 'protection-audit'];
const now = () => Date.now() * 1_000;

/** The recorded log. */
export const lines: Line[] = [];
for await (const batch of readLines(AUDIT_LOG)) lines.push(...batch);

/**
 * An installation of its own: topics, indices, services and the log that they follow.
 *
 * @param archive where the services find Elasticsearch.
 * @param direct where the test does: before it may stand what makes trouble.
 */
export async function install(
  brokers: string,
  archive = process.env['MARGAY_TEST_ELASTICSEARCH'] ?? '',
  direct = process.env['MARGAY_TEST_ELASTICSEARCH'] ?? '',
) {
  const { environment, bus, storesOf } = await installCell(brokers, archive, direct);
  const log = join(ownFolder(), 'audit.log');
  writeFileSync(log, '');
  const ingesting = { AUDIT_LOG_FILES: log, POSITIONS_DIRECTORY: join(ownFolder(), 'positions') };
  const own = { CLUSTER_NAME: CLUSTER, ...ingesting };
  return { environment: { ...environment, ...own }, log, bus, stores: await storesOf(CLUSTER) };
}

/** Topics and indices of their own, which clusters may share. */
export async function installCell(
  brokers: string,
  archive = process.env['MARGAY_TEST_ELASTICSEARCH'] ?? '',
  direct = process.env['MARGAY_TEST_ELASTICSEARCH'] ?? '',
) {
  const id = randomUUID().slice(0, 8);
  const environment = {
    KAFKA_BROKERS: brokers,
    KAFKA_TOPIC_PREFIX: `faults-${id}-`,
    KAFKA_PARTITIONS: '3',
    ELASTICSEARCH_URLS: archive,
    ELASTICSEARCH_INDEX_PREFIX: `faults-${id}`,
    REPORTS_DIRECTORY: ownFolder(),
  };
  const bus = await openKafkaBus({
    brokers: [brokers],
    clientId: 'margay-test',
    partitions: 3,
    prefix: environment.KAFKA_TOPIC_PREFIX,
  });
  onTestFinished(() => bus.close());
  const storesOf = async (cluster: string) => {
    const stores = await openElasticsearch({
      nodes: [direct],
      prefix: environment.ELASTICSEARCH_INDEX_PREFIX,
      cluster,
    });
    onTestFinished(() => stores.close());
    return stores;
  };
  return { environment, bus, storesOf };
}

/** From the first to the last event that is kept. */
export async function spanOf(stores: Stores): Promise<Interval> {
  const bounds = (await stores.coverage.marks()).flatMap(({ buckets }) =>
    buckets.flatMap(({ first, last }) => [first, last]),
  );
  return { start: Math.min(...bounds), end: Math.max(...bounds) + 1 };
}

/** Has every type of report computed over all that was seen, or a part of it: `type digest`, sorted. */
export async function reportOnAll(
  bus: Bus,
  stores: Stores,
  cluster = CLUSTER,
  part?: Interval,
): Promise<string[]> {
  const span = part ?? (await spanOf(stores));
  for (const reportType of TYPES)
    await requestRun(bus, stores, cluster, { name: reportType, spec: { reportType } }, span, now());
  await expect
    .poll(async () => (await stores.archive.headers()).headers.length, {
      timeout: patience(180_000),
      interval: 500,
    })
    .toBe(TYPES.length);
  const { headers } = await stores.archive.headers();
  return headers.map(({ reportType, digest }) => `${reportType} ${digest}`).sort();
}

/** The rows of all archived reports, by type. What they say of their evidence names sources and is not among them. */
export async function rowsOfReports(stores: Stores): Promise<Record<string, unknown[]>> {
  const rows: Record<string, unknown[]> = {};
  const { headers } = await stores.archive.headers();
  for (const { id, reportType } of headers.toSorted((a, b) => (a.reportType < b.reportType ? -1 : 1))) {
    rows[reportType] = [];
    for await (const part of stores.archive.parts(id)) rows[reportType].push(...part);
  }
  return rows;
}

/** What one undisturbed process makes of a log that is finished. */
export async function withUndisturbed<T>(
  path: string,
  look: (bus: Bus, stores: Stores) => Promise<T>,
  cluster = CLUSTER,
): Promise<T> {
  const bus = openEmbeddedBus(':memory:');
  const stores = openEmbedded(':memory:');
  const stop = await startServicesOver(bus, stores, cluster);
  await readAuditFile({
    path,
    positions: await openPositions(ownFolder()),
    deliver: (ingested) => publishIngested(bus, cluster, ingested),
    signal: new AbortController().signal,
  });
  while ((await evidenceLag(bus)) > 0) await sleep(20);
  const seen = await look(bus, stores);
  await stop();
  return seen;
}

/** `type digest` of each report of the undisturbed process, sorted. */
export const undisturbed = (log: string, cluster = CLUSTER, part?: Interval): Promise<string[]> =>
  withUndisturbed(log, (bus, stores) => reportOnAll(bus, stores, cluster, part), cluster);

/** The rows of its reports on the recorded log. */
export const undisturbedRows = (): Promise<Record<string, unknown[]>> =>
  withUndisturbed(AUDIT_LOG, async (bus, stores) => {
    await reportOnAll(bus, stores);
    return rowsOfReports(stores);
  });

/** How long the long faults last, in minutes, at 500 events a second; 0 where the suite is to be short. */
export const FAULT_MINUTES = Number(process.env['FAULT_MINUTES'] ?? 0);
/** What is long for the recorded log is not for one that streams for minutes. */
const patience = (milliseconds: number): number => milliseconds * (1 + FAULT_MINUTES / 3);

/** Waits until nothing of the whole log waits any more. @param count of its lines and requests, if it is another than the recorded one. */
export async function kept(bus: Bus, stores: Stores, count = lines.length): Promise<void> {
  const all = async () => {
    const marks = await stores.coverage.marks();
    return marks.reduce((sum, { from, to }) => sum + to - from, 0);
  };
  await expect
    .poll(all, { timeout: patience(300_000), interval: 500 + FAULT_MINUTES * 500 })
    .toBeGreaterThanOrEqual(count);
  await expect.poll(() => evidenceLag(bus), { timeout: patience(180_000), interval: 500 }).toBe(0);
}

/**
 * Writes a log, else the recorded one, as a busy API server would: a hundred lines at a time, so many milliseconds from one
 * time to the next.
 *
 * @returns how many lines a second it was.
 */
export async function stream(
  log: string,
  everyMilliseconds: number,
  texts: readonly string[] = lines.map(({ text }) => text),
): Promise<number> {
  const size = 100;
  const start = Date.now();
  for (let i = 0; i < texts.length; i += size) {
    const some = texts.slice(i, i + size);
    appendFileSync(log, some.map((text) => `${text}\n`).join(''));
    const next = start + (i / size + 1) * everyMilliseconds;
    await sleep(Math.max(0, next - Date.now()));
  }
  return (texts.length * 1_000) / Math.max(1, Date.now() - start);
}

/** Lines as they stand in a log. */
export const textOf = (some: readonly { readonly text: string }[]): string =>
  some.map(({ text }) => `${text}\n`).join('');

/** How many entries a process has read and delivered since it began, by its metrics. */
export async function entriesRead(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return [...metrics.matchAll(/^margay_events_total\{.*\} (\d+)$/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
}

export async function completions(bus: Bus): Promise<ReportCompleted[]> {
  const found: ReportCompleted[] = [];
  for await (const { value } of bus.peek(reportsCompleted.name)) found.push(reportsCompleted.decode(value));
  return found;
}

export async function expectNoDeadLetters(bus: Bus): Promise<void> {
  for (const { name } of topics)
    for await (const { headers } of bus.peek(deadLetterTopic(name))) expect(headers).toBeUndefined();
}

export async function expectReady(services: readonly ServiceProcess[]): Promise<void> {
  for (const service of services) {
    const url = await service.url();
    await expect
      .poll(async () => (await fetch(`${url}/readyz`)).json(), { timeout: 60_000, interval: 500 })
      .toMatchObject({ ready: true });
  }
}
