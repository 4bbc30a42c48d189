import { randomUUID } from 'node:crypto';
import type { Clusters } from '@margay/api-contract';
import { openKafkaBus } from '@margay/messaging';
import { expect, onTestFinished, test } from 'vitest';
import { cellHere, cellsOf } from './testing/hub-here.ts';
import { ownFolder } from './testing/margay.ts';
import { recordedStores } from './testing/recorded-stores.ts';
import { startService } from './testing/services.ts';

const broker = process.env['MARGAY_TEST_KAFKA'] ?? '';

test(
  'a hub on Kafka that is killed at any instant has all that its cells told',
  { timeout: 120_000 },
  async () => {
    const prefix = `hub-${randomUUID().slice(0, 8)}.`;
    const bus = await openKafkaBus({ brokers: [broker], clientId: 'cells', prefix, partitions: 3 });
    onTestFinished(() => bus.close());
    const evidence = await recordedStores();
    const [alpha, beta] = [cellHere('alpha', evidence, bus), cellHere('beta', evidence, bus)];
    await alpha.report('a1');
    const hub = startService('api', {
      HUB_CELLS: cellsOf('alpha', 'beta'),
      HUB_DIRECTORY: ownFolder(),
      KAFKA_BROKERS: broker,
      KAFKA_TOPIC_PREFIX: prefix,
      KAFKA_PARTITIONS: '3',
    });
    const feeds = async () => {
      const answer = await fetch(`${await hub.url()}/api/v1/clusters`);
      const { items } = (await answer.json()) as Clusters;
      return items.map(({ name, told }) => [name, told!.feed!.logged, told!.feed!.missing.length]);
    };
    await hub.url();
    await beta.report('b1');
    await hub.kill();
    await alpha.report('a2');
    await hub.kill();
    await alpha.report('a3');
    await expect.poll(feeds, { timeout: 60_000, interval: 500 }).toEqual([
      ['alpha', 3, 0],
      ['beta', 1, 0],
    ]);
    const checkpoint = await fetch(`${await hub.url()}/api/v1/log/checkpoint?cluster=alpha`);
    expect(await checkpoint.text()).toBe((await alpha.stores.ledger.head())!.checkpoint);
    const rows = await fetch(`${await hub.url()}/api/v1/runs/b1/rows/endpoints?cluster=beta`);
    expect([rows.status, rows.headers.get('link')]).toEqual([
      404,
      '<https://margay.beta.example/api/v1/runs/b1/rows/endpoints?cluster=beta>; rel="alternate"',
    ]);
  },
);
