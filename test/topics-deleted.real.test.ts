import { appendFileSync } from 'node:fs';
import { resourceChanges } from '@margay/contracts';
import type { Report } from '@margay/reports';
import type { Stores } from '@margay/storage';
import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import {
  entriesRead,
  expectNoDeadLetters,
  expectReady,
  install,
  kept,
  lines,
  reportOnAll,
  textOf,
  undisturbed,
} from './testing/installation.ts';
import { startService } from './testing/services.ts';

const BROKERS = process.env['MARGAY_TEST_KAFKA'] ?? '';
/** A minute each, which a group of consumers takes to find itself again. */
const isAsked = process.env['FAULT_MINUTES'] !== undefined;
const THIRD = Math.floor(lines.length / 3);
const patient = { timeout: 120_000, interval: 250 };

/** Deletes topics of an installation, all of them unless named. */
async function deleteTopics(
  { KAFKA_TOPIC_PREFIX: prefix }: { readonly KAFKA_TOPIC_PREFIX: string },
  ...names: readonly string[]
) {
  const admin = new kafkajs.Kafka({ brokers: [BROKERS], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const own = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
  const chosen = own.filter((topic) => names.length === 0 || names.includes(topic.slice(prefix.length)));
  expect(chosen.length).toBeGreaterThan(0);
  await admin.deleteTopics({ topics: chosen, timeout: 30_000 });
  await admin.disconnect();
}

/** Sets the groups of consumers of a topic behind all that it has, as an administrator may. */
async function passOver(
  { KAFKA_TOPIC_PREFIX: prefix }: { readonly KAFKA_TOPIC_PREFIX: string },
  name: string,
) {
  const admin = new kafkajs.Kafka({ brokers: [BROKERS], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const topic = `${prefix}${name}`;
  const ends = await admin.fetchTopicOffsets(topic);
  const { groups } = await admin.listGroups();
  const own = groups.filter(({ groupId }) => groupId.includes(prefix) && groupId.includes(name));
  expect(own.length).toBeGreaterThan(0);
  const partitions = ends.map(({ partition, high: offset }) => ({ partition, offset }));
  for (const { groupId } of own) await admin.setOffsets({ groupId, topic, partitions });
  await admin.disconnect();
}

/** Whether the archived reports call their evidence whole, and what they hold against it. */
async function evidences(stores: Stores) {
  return (await stores.archive.headers()).headers.map(({ reportType, content }) => {
    const { sources, doubts } = (content as unknown as Report).evidence;
    const reasons = [...(sources?.reasons ?? []), ...doubts.listed.map(({ message }) => message)].join(' ');
    return { reportType, complete: sources?.complete, reasons };
  });
}

test.runIf(isAsked)(
  'topics of which everything was read are deleted while services run: they are made anew, and nothing is missing',
  { timeout: 300_000 },
  async () => {
    const { environment, log, bus, stores } = await install(BROKERS);
    const services = ['audit-ingestor', 'snapshotter', 'report-worker'].map((name) =>
      startService(name, environment),
    );
    await Promise.all(services.map((service) => service.url()));
    appendFileSync(log, textOf(lines.slice(0, THIRD)));
    await kept(bus, stores, THIRD);
    await deleteTopics(environment);
    appendFileSync(log, textOf(lines.slice(THIRD)));
    await kept(bus, stores);
    expect(await reportOnAll(bus, stores)).toEqual(await undisturbed(log));
    await expectNoDeadLetters(bus);
    await expectReady(services);
  },
);

type Named = Parameters<typeof deleteTopics>[0];

const LOSSES: readonly (readonly [string, (named: Named) => Promise<void>, RegExp])[] = [
  [
    'a topic is deleted before it was read',
    (named) => deleteTopics(named, resourceChanges.name),
    /Topic margay\.resource-changes\/\d was made anew/,
  ],
  [
    'somebody sets the group behind what it had not read',
    (named) => passOver(named, resourceChanges.name),
    /Where the group of margay\.resource-changes\/\d stands was set by somebody else/,
  ],
  [
    'every topic is deleted before it was read',
    deleteTopics,
    /Nothing is known to have been delivered by audit\.log/,
  ],
];

test.each(LOSSES.slice(0, isAsked ? undefined : 2))(
  '%s: what comes later is there, and no report is better than its evidence',
  { timeout: 300_000 },
  async (_, lose, told) => {
    const { environment, log, bus, stores } = await install(BROKERS);
    const ingestor = startService('audit-ingestor', environment);
    const first = startService('snapshotter', environment);
    await Promise.all([ingestor.url(), first.url()]);
    const ends = async () =>
      Math.max(
        0,
        ...(await stores.coverage.marks())
          .filter(({ source }) => source.startsWith('audit.log'))
          .map(({ to }) => to),
      ) - 1;
    appendFileSync(log, textOf(lines.slice(0, THIRD)));
    await kept(bus, stores, THIRD);
    expect(await first.stop()).toBe(0);
    appendFileSync(log, textOf(lines.slice(THIRD, 2 * THIRD)));
    await expect.poll(async () => entriesRead(await ingestor.url()), patient).toBe(2 * THIRD);
    await lose(environment);
    appendFileSync(log, textOf(lines.slice(2 * THIRD)));
    for (const name of ['snapshotter', 'report-worker']) startService(name, environment);
    await expect.poll(ends, patient).toBe(lines.length);
    await reportOnAll(bus, stores);
    const said = await evidences(stores);
    for (const one of said)
      expect(one).toMatchObject({ complete: false, reasons: expect.stringMatching(told) as string });
    await expectNoDeadLetters(bus);
  },
);
