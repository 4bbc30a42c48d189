import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { publishIngested, readBatch, textsOfLines } from '@margay/audit-ingestor';
import { reportsCompleted, topics, type ReportCompleted } from '@margay/contracts';
import { deadLetterTopic, openEmbeddedBus, openKafkaBus, type Bus } from '@margay/messaging';
import { computeWindow, workOnWindows } from '@margay/report-worker';
import { splitReport } from '@margay/reports';
import { requestRun } from '@margay/scheduler';
import { evidenceLag, keepEvidence } from '@margay/snapshotter';
import { readLines, type Line } from '@margay/sources';
import { openElasticsearch, openEmbedded, type Stores } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { AUDIT_LOG, margay, ownFolder } from './testing/margay.ts';
import { startService, type ServiceProcess } from './testing/services.ts';

const CLUSTER = 'recorded';
const TYPES = ['inventory', 'network-access', 'policy-audit'];
const now = () => Date.now() * 1_000;

const lines: Line[] = [];
for await (const batch of readLines(AUDIT_LOG)) lines.push(...batch);

/** An installation of its own: topics, indices, services and the log that they follow. */
async function install(brokers: string) {
  const id = randomUUID().slice(0, 8);
  const folder = ownFolder();
  const log = join(folder, 'audit.log');
  const reports = join(folder, 'reports');
  writeFileSync(log, '');
  mkdirSync(reports);
  const environment = {
    CLUSTER_NAME: CLUSTER,
    KAFKA_BROKERS: brokers,
    KAFKA_TOPIC_PREFIX: `faults-${id}-`,
    KAFKA_PARTITIONS: '3',
    ELASTICSEARCH_URLS: process.env['MARGAY_TEST_ELASTICSEARCH'] ?? '',
    ELASTICSEARCH_INDEX_PREFIX: `faults-${id}`,
    AUDIT_LOG_FILES: log,
    POSITIONS_DIRECTORY: join(folder, 'positions'),
    REPORTS_DIRECTORY: reports,
  };
  const bus = await openKafkaBus({
    brokers: [brokers],
    clientId: 'margay-test',
    partitions: 3,
    prefix: environment.KAFKA_TOPIC_PREFIX,
  });
  const stores = await openElasticsearch({
    nodes: [environment.ELASTICSEARCH_URLS],
    prefix: environment.ELASTICSEARCH_INDEX_PREFIX,
    cluster: CLUSTER,
  });
  onTestFinished(async () => {
    await bus.close();
    await stores.close();
  });
  return { environment, log, bus, stores };
}

async function spanOf(stores: Stores) {
  const bounds = (await stores.coverage.marks()).flatMap(({ buckets }) =>
    buckets.flatMap(({ first, last }) => [first, last]),
  );
  return { start: Math.min(...bounds), end: Math.max(...bounds) + 1 };
}

/** Has every type of report computed over all that was seen: `type digest`, sorted. */
async function reportOnAll(bus: Bus, stores: Stores): Promise<string[]> {
  const span = await spanOf(stores);
  for (const reportType of TYPES)
    await requestRun(bus, stores.windows, CLUSTER, { name: reportType, spec: { reportType } }, span, now());
  await expect
    .poll(async () => (await stores.archive.headers()).headers.length, { timeout: 180_000, interval: 500 })
    .toBe(TYPES.length);
  const { headers } = await stores.archive.headers();
  return headers.map(({ reportType, digest }) => `${reportType} ${digest}`).sort();
}

/** What one undisturbed process makes of the log. */
async function undisturbed(path: string): Promise<string[]> {
  const bus = openEmbeddedBus(':memory:');
  const stores = openEmbedded(':memory:');
  const stop = new AbortController();
  const options = { signal: stop.signal };
  const compute = async (window: Parameters<typeof computeWindow>[1]) => {
    const { header, digest, parts } = splitReport(await computeWindow(stores, window));
    return { header, digest, parts: [...parts] };
  };
  const stages = [
    keepEvidence(bus, stores, options),
    workOnWindows({ ...options, bus, stores, compute, now }),
  ];
  await publishIngested(bus, CLUSTER, readBatch(path, textsOfLines(path, lines)));
  while ((await evidenceLag(bus)) > 0) await sleep(20);
  const digests = await reportOnAll(bus, stores);
  stop.abort();
  await Promise.all(stages);
  await bus.close();
  await stores.close();
  return digests;
}

/** Waits until nothing of the whole log waits any more. */
async function kept(bus: Bus, stores: Stores): Promise<void> {
  const all = async () => {
    const marks = await stores.coverage.marks();
    return marks.reduce((sum, { from, to }) => sum + to - from, 0);
  };
  await expect.poll(all, { timeout: 300_000, interval: 500 }).toBeGreaterThanOrEqual(lines.length);
  await expect.poll(() => evidenceLag(bus), { timeout: 180_000, interval: 500 }).toBe(0);
}

/** Writes the log as a busy API server would, some lines at a time. */
async function stream(log: string, pauseMilliseconds: number): Promise<void> {
  const size = 100;
  for (let i = 0; i < lines.length; i += size) {
    appendFileSync(
      log,
      lines
        .slice(i, i + size)
        .map(({ text }) => `${text}\n`)
        .join(''),
    );
    await sleep(pauseMilliseconds);
  }
}

/** A pseudo-random number below `n`: the same run again kills the same services. */
function chance(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * n);
  };
}

async function completions(bus: Bus): Promise<ReportCompleted[]> {
  const found: ReportCompleted[] = [];
  for await (const { value } of bus.peek(reportsCompleted.name)) found.push(reportsCompleted.decode(value));
  return found;
}

test(
  'every service is killed again and again while the log streams: nothing lost, nothing doubled, one report a window',
  { timeout: 600_000 },
  async () => {
    const { environment, log, bus, stores } = await install(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const names = ['audit-ingestor', 'snapshotter', 'snapshotter', 'report-worker', 'scheduler', 'api'];
    const services = names.map((name) => startService(name, environment));
    await Promise.all(services.map((service) => service.url()));

    const pick = chance(7);
    let streaming = true;
    const streamed = stream(log, 1_200).then(() => void (streaming = false));
    let kills = 0;
    while (streaming) {
      await sleep(500 + pick(1_500));
      await services[pick(services.length)]!.kill();
      kills++;
    }
    await streamed;
    expect(kills).toBeGreaterThan(5);
    await kept(bus, stores);

    const worker = services.find(({ name }) => name === 'report-worker')!;
    const reporting = reportOnAll(bus, stores);
    await sleep(700);
    await worker.kill();
    expect(await reporting).toEqual(await undisturbed(log));

    const told = await completions(bus);
    expect(new Set(told.map(({ id }) => id)).size).toBe(TYPES.length);
    await expectNoDeadLetters(bus);
    await expectReady(services);
    expect(await Promise.all(services.map((service) => service.stop()))).toEqual(services.map(() => 0));
  },
);

test(
  'the broker is killed and starts again, and Elasticsearch does not answer for a while: nothing lost',
  { timeout: 600_000 },
  async () => {
    const broker = ownBroker();
    const { environment, log, bus, stores } = await install(broker.address);
    const services = ['audit-ingestor', 'snapshotter', 'report-worker'].map((name) =>
      startService(name, environment),
    );
    await Promise.all(services.map((service) => service.url()));
    const streamed = stream(log, 150);
    await sleep(3_000);
    broker.kill();
    await sleep(5_000);
    broker.start();
    await sleep(3_000);
    const elasticsearch = Number(process.env['MARGAY_TEST_ELASTICSEARCH_PID']);
    if (elasticsearch > 0) {
      process.kill(elasticsearch, 'SIGSTOP');
      await sleep(60_000);
      process.kill(elasticsearch, 'SIGCONT');
    }
    await streamed;
    await kept(bus, stores);
    expect(await reportOnAll(bus, stores)).toEqual(await undisturbed(log));
    await expectNoDeadLetters(bus);
    await expectReady(services);
  },
);

test(
  'a poison message on every topic is set aside with its reason, stops nothing, and can be replayed',
  { timeout: 300_000 },
  async () => {
    const { environment, log, bus, stores } = await install(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const services = ['audit-ingestor', 'snapshotter', 'report-worker', 'scheduler'].map((name) =>
      startService(name, environment),
    );
    await Promise.all(services.map((service) => service.url()));
    for (const { name } of topics)
      await bus.publish(name, [{ key: 'poison', value: new TextEncoder().encode('this is no message') }]);
    await stream(log, 0);
    await kept(bus, stores);
    expect(await reportOnAll(bus, stores)).toEqual(await undisturbed(log));

    const set = async (name: string) => {
      const reasons: string[] = [];
      for await (const { headers } of bus.peek(deadLetterTopic(name)))
        reasons.push(headers['dlq-code'] ?? '');
      return reasons;
    };
    for (const { name } of topics)
      await expect.poll(() => set(name), { timeout: 60_000, interval: 500 }).toEqual(['undecodable']);
    const metrics = await (await fetch(`${await services[1]!.url()}/metrics`)).text();
    expect(metrics).toMatch(/margay_dead_letters_total\{topic="[^"]*",reason="undecodable"\} 1/);

    const [first] = topics;
    const before = { ...process.env };
    Object.assign(process.env, environment);
    const listed = margay(['dlq', 'list', '--topic', first!.name]);
    const replayed = margay(['dlq', 'replay', '--topic', first!.name]);
    const again = margay(['dlq', 'replay', '--topic', reportsCompleted.name]);
    process.env = before;
    expect([listed.code, listed.err]).toEqual([0, '']);
    expect(JSON.parse(listed.out)).toMatchObject({ topic: first!.name, code: 'undecodable', key: 'poison' });
    expect(replayed.out).toBe(`${first!.name}: 1 published again\n`);
    expect(again.out).toBe(`${reportsCompleted.name}: 1 published again\n`);
    // It is no better than before, so it is set aside once more.
    await expect
      .poll(() => set(first!.name), { timeout: 60_000, interval: 500 })
      .toEqual(['undecodable', 'undecodable']);
  },
);

async function expectNoDeadLetters(bus: Bus): Promise<void> {
  for (const { name } of topics)
    for await (const { headers } of bus.peek(deadLetterTopic(name))) expect(headers).toBeUndefined();
}

async function expectReady(services: readonly ServiceProcess[]): Promise<void> {
  for (const service of services) {
    const url = await service.url();
    await expect
      .poll(async () => (await fetch(`${url}/readyz`)).json(), { timeout: 60_000, interval: 500 })
      .toMatchObject({ ready: true });
  }
}

/** A broker that is killed and started again on the same data. */
function ownBroker() {
  const data = join(ownFolder(), 'kafka');
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  let pid = 0;
  const start = () => {
    const output = execFileSync(new URL('servers/kafka.sh', import.meta.url).pathname, [String(port)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, MARGAY_KAFKA_DATA: data },
    });
    pid = Number(output.trim().split('\n').at(-1));
  };
  const kill = () => process.kill(pid, 'SIGKILL');
  start();
  onTestFinished(() => void kill());
  return { address: `127.0.0.1:${port}`, start, kill };
}
