import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hubNews, reportWindows, WORKER_GROUP } from '@margay/contracts';
import { openEmbeddedBus, publishAll, type Bus } from '@margay/messaging';
import { Readiness } from '@margay/runtime/nest';
import type { Stores } from '@margay/storage';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { cellHere, cellsOf, hubHere } from './testing/hub-here.ts';
import { recordedStores } from './testing/recorded-stores.ts';

/** A cell whose hub has brokers of its own, to which its workers hand on what hubs are told. */
let evidence: Stores;
beforeAll(async () => {
  evidence = await recordedStores();
});

function busHere(): Bus {
  const bus = openEmbeddedBus(':memory:');
  onTestFinished(() => bus.close());
  return bus;
}

async function hubOver(bus: Bus) {
  const directory = mkdtempSync(join(tmpdir(), 'margay-hub-'));
  const hub = await hubHere({ bus, directory, cells: cellsOf('alpha'), clock: () => Date.now() * 1_000 });
  onTestFinished(async () => {
    await hub.app.close();
    rmSync(directory, { recursive: true });
  });
  return async () => (await hub.clusters())['alpha']!.told!.feed!;
}

const hubKafkaOf = async (worker: NestFastifyApplication) => {
  const { ready, checks } = await worker.get(Readiness).look();
  return { ready, ...checks['hub-kafka'] };
};

const PATIENT = { timeout: 15_000 };
const hubPauses = { first: 5, longest: 20 };

test('while the brokers of a hub are away the cell goes on, and the hub has all when they are back, whoever ended meanwhile', async () => {
  const [own, hubs] = [busHere(), busHere()];
  let away: 'before' | 'after' | undefined = 'before';
  const reached: Bus = {
    ...hubs,
    close: async () => undefined,
    publish: async (topic, messages) => {
      if (away === 'before') throw new Error('no broker answers');
      const place = await hubs.publish(topic, messages);
      // Nobody hears that they took it.
      if (away === 'after') throw new Error('the connection is lost');
      return place;
    },
  };
  const feed = await hubOver(hubs);
  const alpha = cellHere('alpha', evidence, own);
  onTestFinished(() => alpha.stores.close());
  const options = { openHubBus: async () => reached, hubPauses, logMilliseconds: 50 };
  const first = await alpha.worker(options);
  onTestFinished(() => first.close());
  const isOver = () => expect.poll(() => own.lag(reportWindows.name, WORKER_GROUP), PATIENT).toBe(0);
  for (const id of ['a1', 'a2']) await publishAll(own, reportWindows, [await alpha.due(id)]);
  await isOver();
  expect(await alpha.stores.windows.list({ states: ['completed'] })).toHaveLength(2);
  await expect
    .poll(() => hubKafkaOf(first), PATIENT)
    .toEqual({
      ready: true,
      reason: expect.stringMatching(/goes on by itself .*no broker answers/) as string,
    });
  expect(await feed()).toMatchObject({ state: 'never heard', logged: 0 });

  // It ends with all of it in hand.
  await first.close();
  away = 'after';
  const second = await alpha.worker(options);
  onTestFinished(() => second.close());
  await publishAll(own, reportWindows, [await alpha.due('a3')]);
  await isOver();
  await expect
    .poll(() => hubKafkaOf(second), PATIENT)
    .toMatchObject({
      reason: expect.stringContaining('the connection is lost') as string,
    });
  away = undefined;
  await expect.poll(feed, PATIENT).toMatchObject({ state: 'heard', logged: 3, missing: [] });
  await expect.poll(() => hubKafkaOf(second), PATIENT).toEqual({ ready: true });
});

test('where the brokers of the hub are those of the cell nothing goes round, and it is said', async () => {
  const own = busHere();
  const alpha = cellHere('alpha', evidence, own);
  onTestFinished(() => alpha.stores.close());
  await alpha.report('a1');
  const worker = await alpha.worker({
    openHubBus: async () => ({ ...own, close: async () => undefined }),
    hubPauses,
    // What is told each minute is told once.
    logMilliseconds: 3_600_000,
  });
  onTestFinished(() => worker.close());
  await expect
    .poll(() => hubKafkaOf(worker), PATIENT)
    .toEqual({
      ready: true,
      reason: expect.stringContaining('unset HUB_KAFKA_BROKERS') as string,
    });
  await expect.poll(() => own.lag(hubNews.name, 'hub-feed'), PATIENT).toBe(0);
  const told: string[] = [];
  for await (const { headers } of own.peek(hubNews.name)) told.push(headers['handed-on-by'] ?? 'the cell');
  const ofCell = told.filter((by) => by === 'the cell');
  expect(ofCell.length).toBeGreaterThan(0);
  expect(told).toHaveLength(2 * ofCell.length);
});
