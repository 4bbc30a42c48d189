import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { publishIngested, readBatch, textsOfLines } from '@margay/audit-ingestor';
import { reportWindowOf, reportWindows } from '@margay/contracts';
import { isOfFlows } from '@margay/coverage';
import { publishFlows, readFlows } from '@margay/flow-ingestor';
import { openEmbeddedBus, openKafkaBus, publishAll, type Bus } from '@margay/messaging';
import { evidenceLag } from '@margay/snapshotter';
import { readLines, type Line } from '@margay/sources';
import { openElasticsearch, openEmbedded, type Stores } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { flowTo } from './testing/flows.ts';
import { AUDIT_LOG } from './testing/margay.ts';
import { startServicesOver } from './testing/services-over.ts';

const CLUSTER = 'recorded';
const TYPES = ['inventory', 'network-access', 'policy-audit'];
const SOURCE = 'audit.log';

/** A flow log of one pod's traffic and a line that nobody can read. */
const FLOWS = readFlows(
  'flows.log',
  [flowTo(), 'no flow'].map((text, i) => ({ text, position: i + 1 })),
);

const lines: Line[] = [];
for await (const batch of readLines(AUDIT_LOG)) lines.push(...batch);

/** The recorded log through a bus into stores and on to archived reports: `type digest`, sorted. */
async function reportsOf(
  bus: Bus,
  stores: Stores,
  deliveries: readonly (readonly Line[])[],
): Promise<string[]> {
  const now = () => Date.now() * 1000;
  const stops = [await startServicesOver(bus, stores), await startServicesOver(bus, stores)];
  for (const delivery of deliveries) {
    await publishIngested(bus, CLUSTER, readBatch(SOURCE, textsOfLines(SOURCE, delivery)));
  }
  await publishFlows(bus, CLUSTER, FLOWS.flows, FLOWS.mark);
  while ((await evidenceLag(bus)) > 0) await sleep(100);
  const bounds = (await stores.coverage.marks())
    .filter(({ source }) => !isOfFlows(source))
    .flatMap(({ buckets }) => buckets.flatMap(({ first, last }) => [first, last]));
  const span = { start: Math.min(...bounds), end: Math.max(...bounds) + 1 };
  const windows = TYPES.map((reportType) =>
    reportWindowOf(CLUSTER, { name: reportType, spec: { reportType } }, span),
  );
  await stores.windows.emit(windows, now());
  // Each twice, as after a crash: one report all the same.
  await publishAll(bus, reportWindows, [...windows, ...windows]);
  await expect
    .poll(async () => (await stores.windows.list({ states: ['completed'] })).length, {
      timeout: 120_000,
      interval: 200,
    })
    .toBe(TYPES.length);
  const { headers } = await stores.archive.headers();
  await Promise.all(stops.map((stop) => stop()));
  return headers.map(({ reportType, digest }) => `${reportType} ${digest}`).sort();
}

/** Batches of some lines each. */
const batches = (size: number) =>
  Array.from({ length: Math.ceil(lines.length / size) }, (_, i) => lines.slice(i * size, (i + 1) * size));

test('the recorded cluster through Kafka and Elasticsearch gives the reports of the embedded mode', async () => {
  const embeddedBus = openEmbeddedBus(':memory:');
  const embedded = openEmbedded(':memory:');
  const id = randomUUID().slice(0, 8);
  const kafka = await openKafkaBus({
    brokers: [process.env['MARGAY_TEST_KAFKA'] ?? ''],
    clientId: 'margay-test',
    partitions: 3,
    prefix: `e2e-${id}-`,
  });
  const elasticsearch = await openElasticsearch({
    nodes: [process.env['MARGAY_TEST_ELASTICSEARCH'] ?? ''],
    prefix: `e2e-${id}`,
    cluster: CLUSTER,
  });
  onTestFinished(async () => {
    for (const closing of [embeddedBus, embedded, kafka, elasticsearch]) await closing.close();
  });

  const expected = await reportsOf(embeddedBus, embedded, batches(500));
  expect(expected).toHaveLength(TYPES.length);
  // The batches come in reverse and then once more: the evidence and its digest are those of one delivery.
  const delivered = batches(500);
  expect(await reportsOf(kafka, elasticsearch, [...delivered.toReversed(), ...delivered])).toEqual(expected);
});
