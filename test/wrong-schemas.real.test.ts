import { coverageMarks, policyEvents, reportsFailed, resourceChanges } from '@margay/contracts';
import { deadLetterTopic, type Bus } from '@margay/messaging';
import { evidenceLag } from '@margay/snapshotter';
import { expect, test } from 'vitest';
import { expectOpen } from './testing/expect-open.ts';
import {
  expectReady,
  install,
  kept,
  lines,
  reportOnAll,
  rowsOfReports,
  stream,
  undisturbedRows,
  withUndisturbed,
} from './testing/installation.ts';
import { margay } from './testing/margay.ts';
import { startService } from './testing/services.ts';
import { topicsRead } from './testing/topics-read.ts';
import { wrongFramings, wrongIds } from './testing/wrong-framings.ts';

const REGISTRY = process.env['MARGAY_TEST_SCHEMA_REGISTRY'] ?? '';
const patient = { timeout: 120_000, interval: 500 };

/** The id of a topic's schema. */
async function idOf(name: string): Promise<number> {
  const answer = await fetch(`${REGISTRY}/subjects/${name}-value/versions/latest`);
  return ((await answer.json()) as { id: number }).id;
}

async function reasonsOn(bus: Bus, name: string): Promise<string[]> {
  const reasons: string[] = [];
  for await (const { headers } of bus.peek(deadLetterTopic(name))) reasons.push(headers['dlq-reason'] ?? '');
  return reasons;
}

test(
  'with a schema registry, messages with wrong ids and framings are set aside on every topic, and everything else goes on',
  { timeout: 300_000 },
  async () => {
    const { environment, log, bus, stores } = await install(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const registered = { ...environment, SCHEMA_REGISTRY_URL: REGISTRY };
    const services = ['audit-ingestor', 'snapshotter', 'report-worker', 'scheduler'].map((name) =>
      startService(name, registered),
    );
    await Promise.all(services.map((service) => service.url()));
    await expectReady(services);
    const failed = await idOf(reportsFailed.name);
    const changes = await idOf(resourceChanges.name);
    const put = new Map<string, number>();
    for (const topic of topicsRead) {
      const another = topic.name === reportsFailed.name ? changes : failed;
      const values = [...wrongFramings(topic), ...wrongIds(await idOf(topic.name), another)];
      await bus.publish(
        topic.name,
        values.map((value) => ({ key: 'poison', value })),
      );
      put.set(topic.name, values.length);
    }
    await stream(log, 0);
    await kept(bus, stores);
    await reportOnAll(bus, stores);
    await expectOpen(stores, await undisturbedRows());
    for (const { name } of topicsRead)
      await expect.poll(async () => (await reasonsOn(bus, name)).length, patient).toBe(put.get(name));
    const reasons = new Set(await reasonsOn(bus, resourceChanges.name));
    expect(reasons).toContain('The schema registry has no schema 4294967295.');
    expect(reasons).toContain(
      `Schema ${failed} of the registry does not fit this topic: another message is described in it.`,
    );
    await expectReady(services);
  },
);

test(
  'a snapshotter without the registry sets everything aside and stops at nothing; with it, what is replayed is all there',
  { timeout: 300_000 },
  async () => {
    const { environment, log, bus, stores } = await install(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const registered = { ...environment, SCHEMA_REGISTRY_URL: REGISTRY };
    const ingestor = startService('audit-ingestor', registered);
    const without = startService('snapshotter', environment);
    await Promise.all([ingestor, without].map((service) => service.url()));
    const some = lines.slice(0, 150).map(({ text }) => text);
    await stream(log, 0, some);
    const setAside = async (name: string) => (await reasonsOn(bus, name)).length;
    await expect.poll(() => setAside(coverageMarks.name), patient).toBeGreaterThan(0);
    await expect.poll(() => evidenceLag(bus), patient).toBe(0);
    expect(await setAside(resourceChanges.name)).toBeGreaterThan(50);
    expect(await without.stop()).toBe(0);

    for (const name of ['snapshotter', 'report-worker']) startService(name, registered);
    for (const { name } of [resourceChanges, policyEvents, coverageMarks]) {
      const count = await setAside(name);
      const { out, err } = margay(['dlq', 'replay', '--topic', name], '', environment);
      expect({ out, err }).toEqual({ out: `${name}: ${count} published again\n`, err: '' });
    }
    await kept(bus, stores, some.length);
    await reportOnAll(bus, stores);
    const truth = await withUndisturbed(log, async (one, its) => {
      await reportOnAll(one, its);
      return rowsOfReports(its);
    });
    await expectOpen(stores, truth);
  },
);
