import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { coverageMarks, reportWindowOf, type ReportWindow } from '@margay/contracts';
import type { Bus } from '@margay/messaging';
import { computeWindow } from '@margay/report-worker';
import { splitReport, type Report } from '@margay/reports';
import { requestRun } from '@margay/scheduler';
import { evidenceLag } from '@margay/snapshotter';
import type { Stores } from '@margay/storage';
import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import {
  CLUSTER,
  completions,
  expectNoDeadLetters,
  install,
  withUndisturbed,
} from './testing/installation.ts';
import { timesOver } from './testing/many-clusters.ts';
import { SPAN } from './testing/recorded-stores.ts';
import { proxyBefore } from './testing/proxy-before.ts';
import { startService } from './testing/services.ts';

const BROKERS = process.env['MARGAY_TEST_KAFKA'] ?? '';
const INVENTORY = { name: 'inventory', spec: { reportType: 'inventory' } };
const patient = { timeout: 240_000, interval: 250 };

type Installation = Awaited<ReturnType<typeof install>>;

/** A run of its own: what is asked for at different times ends a microsecond later each. */
const windowNumber = (n: number): ReportWindow =>
  reportWindowOf(CLUSTER, INVENTORY, { start: SPAN.start, end: SPAN.end + n }, true);

const ask = ({ bus, stores }: Installation, n: number) => {
  const { start, end } = windowNumber(n);
  return requestRun(bus, stores, CLUSTER, INVENTORY, { start, end }, Date.now() * 1_000);
};

async function archived(stores: Stores, n: number) {
  const { id } = windowNumber(n);
  await expect.poll(() => stores.archive.header(id), patient).toBeDefined();
  const { digest, content } = (await stores.archive.header(id))!;
  const { evidence, endpointsSummary } = content as unknown as Report;
  const { complete, reasons } = evidence.sources!;
  return { header: content, digest, complete, reasons, endpoints: endpointsSummary.numTotal };
}

/** Waits until the ingestor has published all lines of the log. */
async function published(bus: Bus, count: number): Promise<void> {
  const all = async () => {
    let sum = 0;
    for await (const { value } of bus.peek(coverageMarks.name)) {
      const { from, to } = coverageMarks.decode(value);
      sum += to - from;
    }
    return sum;
  };
  await expect.poll(all, { timeout: 240_000, interval: 2_000 }).toBe(count);
}

/** The heads of the windows' reports, and their digests, as one undisturbed process makes them of the whole log. */
const truth = (log: string, windows: readonly number[]) =>
  withUndisturbed(log, async (_, stores) => {
    const found = [];
    for (const n of windows) {
      const { header, digest } = splitReport(await computeWindow(stores, windowNumber(n)));
      found.push({ header, digest });
    }
    return found;
  });

const NOT_APPLIED = /^\d+ messages that were published before .* were not applied yet/;

test(
  'the snapshotter is stopped under twenty-eight thousand lines and started again, workers are ahead: no report is better than its evidence',
  { timeout: 900_000 },
  async () => {
    const place = await install(BROKERS);
    const { environment, log, bus, stores } = place;
    const lines = timesOver(13);
    expect(lines.length).toBeGreaterThan(28_000);
    appendFileSync(log, lines.map((line) => `${line}\n`).join(''));
    const ingestor = startService('audit-ingestor', environment);
    await published(bus, lines.length);

    // Nobody applies anything, and the limit runs out.
    const hasty = startService('report-worker', { ...environment, EVIDENCE_WAIT_SECONDS: '2' });
    await ask(place, 1);
    const early = await archived(stores, 1);
    expect(early).toMatchObject({ complete: false, endpoints: 0 });
    expect(early.reasons).toContainEqual(expect.stringMatching(NOT_APPLIED));
    expect(await hasty.stop()).toBe(0);

    // It catches up, and windows come meanwhile.
    const worker = startService('report-worker', environment);
    const snapshotter = startService('snapshotter', environment);
    await worker.url();
    expect(await evidenceLag(bus)).toBeGreaterThan(0);
    await ask(place, 2);
    const late = await archived(stores, 2);

    // Every group begins anew: what is computed meanwhile waits until all is applied again.
    await ingestor.stop();
    await snapshotter.stop();
    await worker.stop();
    await forgetGroups(environment.KAFKA_TOPIC_PREFIX);
    const before = await completions(bus);
    startService('report-worker', environment);
    startService('snapshotter', environment);
    await ask(place, 3);
    const again = await archived(stores, 3);

    expect([late, again].map(({ header, digest }) => ({ header, digest }))).toEqual(await truth(log, [2, 3]));
    expect(late.reasons).not.toContainEqual(expect.stringMatching(NOT_APPLIED));
    expect(late.endpoints).toBeGreaterThan(1_000);
    const told = await completions(bus);
    expect(before).toHaveLength(2);
    expect(told.map(({ id }) => id).toSorted()).toEqual([1, 2, 3].map((n) => windowNumber(n).id).toSorted());
    await expectNoDeadLetters(bus);
  },
);

async function forgetGroups(prefix: string): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [BROKERS], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const { groups } = await admin.listGroups();
  const own = groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(prefix));
  expect(own.length).toBeGreaterThan(3);
  await admin.deleteGroups(own);
  await admin.disconnect();
}

test(
  'one index refuses, then all of Elasticsearch does while a worker has a window: nothing counts that is not there, and no try is used up',
  { timeout: 600_000 },
  async () => {
    const proxy = await proxyBefore(process.env['MARGAY_TEST_ELASTICSEARCH'] ?? '');
    const place = await install(BROKERS, proxy.url);
    const { environment, log, bus, stores } = place;
    const lines = timesOver(1);
    proxy.refuse(new RegExp(`"_index":"${environment.ELASTICSEARCH_INDEX_PREFIX}-changes-`));
    appendFileSync(log, lines.map((line) => `${line}\n`).join(''));
    startService('audit-ingestor', environment);
    const snapshotter = startService('snapshotter', environment);
    await published(bus, lines.length);
    const hasty = startService('report-worker', { ...environment, EVIDENCE_WAIT_SECONDS: '5' });
    await ask(place, 1);
    const early = await archived(stores, 1);
    expect(early).toMatchObject({ complete: false, endpoints: 0 });
    expect(early.reasons).toContainEqual(expect.stringMatching(NOT_APPLIED));
    expect(proxy.troubled().refused).toBeGreaterThan(0);
    expect(await stores.coverage.marks()).toEqual([]);
    expect(snapshotter.log()).toContain('Elasticsearch at');
    expect(snapshotter.log()).not.toMatch(/Kafka at .*consuming/);
    await hasty.stop();

    proxy.refuse(undefined);
    const worker = startService('report-worker', environment);
    await worker.url();
    await expect.poll(() => evidenceLag(bus), patient).toBe(0);
    proxy.refuse(/./);
    await ask(place, 2);
    await sleep(75_000);
    expect(worker.log()).toContain('A window waits for broker or archive');
    proxy.refuse(undefined);
    const late = await archived(stores, 2);
    expect([{ header: late.header, digest: late.digest }]).toEqual(await truth(log, [2]));
    expect(late.reasons).not.toContainEqual(expect.stringMatching(NOT_APPLIED));
    // It is archived, then told, and then kept as completed.
    await expect
      .poll(() => stores.windows.get(windowNumber(2).id), patient)
      .toMatchObject({ state: 'completed', attempt: 1 });
    expect(await completions(bus)).toHaveLength(2);
  },
);
