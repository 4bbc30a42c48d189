import { flows, resourceChanges, type ClusterFlow, type ResourceChange } from '@margay/contracts';
import { publishAll, type Bus } from '@margay/messaging';
import { BUS, BusModule } from '@margay/messaging/nest';
import { openMetrics, silentLog } from '@margay/runtime';
import { connectTransports, ProcessModule } from '@margay/runtime/nest';
import type { Stores } from '@margay/storage';
import { STORES, StoresModule } from '@margay/storage/nest';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { expect, onTestFinished, test } from 'vitest';
import { evidenceLag } from './evidence.ts';
import { SnapshotterModule } from './snapshotter.module.ts';

/** A snapshotter over embedded adapters. */
async function snapshotter() {
  const metrics = openMetrics({ defaults: false });
  const testing = await Test.createTestingModule({
    imports: [
      ProcessModule.with({ log: silentLog, metrics, pauseMilliseconds: 5 }),
      SnapshotterModule.over(BusModule.embedded(':memory:'), StoresModule.embedded(':memory:')),
    ],
  }).compile();
  const app = testing.createNestApplication(new FastifyAdapter());
  onTestFinished(() => app.close());
  connectTransports(app);
  await app.init();
  return { app, metrics, bus: app.get<Bus>(BUS), stores: app.get<Stores>(STORES) };
}

const change = (name: string, resourceVersion: string, at: number): ResourceChange => ({
  cluster: 'c',
  id: `e-${name}#0`,
  eventId: `e-${name}`,
  what: 'present',
  group: '',
  resource: 'namespaces',
  namespace: '',
  name,
  uid: `uid-${name}`,
  resourceVersion,
  at,
  receivedAt: at,
  content: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
  origin: { source: 'audit.log', position: at },
});

const flow: ClusterFlow = {
  cluster: 'c',
  id: 'f',
  startAt: 10,
  endAt: 20,
  reporter: 'src',
  action: 'allow',
  source: { type: 'network', namespace: '', name: 'pub', nameIsPrefix: false },
  destination: { type: 'pod', namespace: 'shop', name: 'web', nameIsPrefix: false },
};

async function namesIn(stores: Stores) {
  const names: string[] = [];
  for await (const { name, validFrom } of stores.history.versions({ start: 0, end: 1e15 }))
    names.push(`${name}@${validFrom}`);
  return names.sort();
}

test('what the ingestors publish is in the stores when nothing waits any more; repeats change nothing', async () => {
  const { app, bus, stores, metrics } = await snapshotter();
  const changes = [change('a', '1', 100), change('b', '2', 200)];
  await publishAll(bus, resourceChanges, changes);
  await publishAll(bus, resourceChanges, changes);
  await publishAll(bus, flows, [flow]);
  expect(await evidenceLag(bus)).toBe(5);
  await app.startAllMicroservices();
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  expect(await namesIn(stores)).toEqual(['a@100', 'b@200']);
  const kept = [];
  for await (const each of stores.flows.between({ start: 0, end: 100 })) kept.push(each);
  expect(kept).toMatchObject([{ destination: flow.destination, startAt: 10, endAt: 20 }]);
  expect(await metrics.exposition()).toContain('margay_kept_changes_total 2');
});

test('while a store is away nothing is committed, and when it is back nothing is missing', async () => {
  const { app, bus, stores } = await snapshotter();
  const append = stores.history.append.bind(stores.history);
  let isAway = true;
  stores.history.append = (changes) => (isAway ? Promise.reject(new Error('no disk')) : append(changes));
  await publishAll(bus, resourceChanges, [change('a', '1', 100)]);
  await app.startAllMicroservices();
  await new Promise((wake) => setTimeout(wake, 50));
  expect(await evidenceLag(bus)).toBe(1);
  isAway = false;
  await expect.poll(() => evidenceLag(bus)).toBe(0);
  expect(await namesIn(stores)).toEqual(['a@100']);
});
