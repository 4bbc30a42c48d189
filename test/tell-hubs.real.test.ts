import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clusters, Run } from '@margay/api-contract';
import { hubNews } from '@margay/contracts';
import { requestRun } from '@margay/scheduler';
import kafkajs from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { CLUSTER, install, kept, lines, textOf } from './testing/installation.ts';
import { margay, ownFolder } from './testing/margay.ts';
import { SPAN } from './testing/recorded-stores.ts';
import { startService } from './testing/services.ts';

const BROKERS = process.env['MARGAY_TEST_KAFKA'] ?? '';
const patient = { timeout: 90_000, interval: 500 };

test(
  'a hub that is new has the reports of before by margay tell-hubs, as docs/install.md says, and hears its cell by the workers alone',
  { timeout: 300_000 },
  async () => {
    const { environment, log, bus, stores } = await install(BROKERS);
    const folder = ownFolder();
    const [keyFile, cells] = [join(folder, 'ledger.key'), join(folder, 'cells.json')];
    const made = margay(['key', keyFile, '--name', 'margay.example.com/eu-1']);
    expect(made.code).toBe(0);

    appendFileSync(log, textOf(lines));
    startService('audit-ingestor', environment);
    startService('snapshotter', environment);
    await kept(bus, stores);
    const cell = { ...environment, LEDGER_KEY_FILE: keyFile };
    const worker = startService('report-worker', cell);
    for (const reportType of ['inventory', 'policy-audit'])
      await requestRun(
        bus,
        stores,
        CLUSTER,
        { name: reportType, spec: { reportType } },
        SPAN,
        Date.now() * 1_000,
      );
    await expect.poll(async () => (await stores.ledger.head())?.size, patient).toBe(2);
    await expect
      .poll(async () => (await stores.windows.list({ states: ['completed'] })).length, patient)
      .toBe(2);
    expect(await worker.stop()).toBe(0);
    // What was told longer ago than the topic keeps.
    await deleteTopic(`${environment.KAFKA_TOPIC_PREFIX}${hubNews.name}`);

    const api = 'https://margay.eu-1.example.com';
    const clusters = [{ name: CLUSTER, keys: [made.out.trim()] }];
    writeFileSync(cells, JSON.stringify([{ name: 'eu-1', api, clusters }]));
    const hub = startService('api', {
      HUB_CELLS_FILE: cells,
      HUB_DIRECTORY: join(folder, 'hub'),
      KAFKA_BROKERS: environment.KAFKA_BROKERS,
      KAFKA_TOPIC_PREFIX: environment.KAFKA_TOPIC_PREFIX,
      KAFKA_PARTITIONS: environment.KAFKA_PARTITIONS,
    });
    const ask = async <T>(path: string) =>
      (await fetch(`${await hub.url()}/api/v1${path}`)).json() as Promise<T>;
    const feed = async () => (await ask<Clusters>('/clusters')).items[0]!.told!.feed!;
    expect(await feed()).toMatchObject({ cell: 'eu-1', state: 'never heard', logged: 0 });

    const told = margay(['tell-hubs'], '', environment);
    expect(told).toMatchObject({
      code: 0,
      err: `2 reports of ${CLUSTER} that are in its log of reports were told of.\n`,
    });
    await expect.poll(feed, patient).toMatchObject({ logged: 2, missing: [], heard: null });
    // What is told once more changes nothing.
    expect(margay(['tell-hubs'], '', environment).code).toBe(0);
    startService('report-worker', cell);
    await expect.poll(feed, patient).toMatchObject({ state: 'heard', logged: 2, missing: [] });
    const { items } = await ask<{ readonly items: readonly Run[] }>('/runs');
    const { headers } = await stores.archive.headers();
    expect(items.map(({ id, digest }) => `${id} ${digest}`).toSorted()).toEqual(
      headers.map(({ id, digest }) => `${id} ${digest}`).toSorted(),
    );
  },
);

async function deleteTopic(topic: string): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [BROKERS], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  await admin.deleteTopics({ topics: [topic], timeout: 30_000 });
}
