import { readBatch } from '@margay/audit-ingestor';
import { coverageMarks, EVIDENCE_GROUP, policyEvents, resourceChanges } from '@margay/contracts';
import { doubtsFor } from '@margay/coverage';
import { formatInstant, MINUTE, parseInstant } from '@margay/ground';
import { openEmbeddedBus, publishAll, replayDeadLetters, type Bus, type Delivery } from '@margay/messaging';
import { BusModule } from '@margay/messaging/nest';
import { computeWindow } from '@margay/report-worker';
import { silentLog } from '@margay/runtime';
import { startApplication } from '@margay/runtime/nest';
import { SnapshotterModule } from '@margay/snapshotter/module';
import { ANY_CLUSTER, cellOver, openEmbedded, type Asides, type Stores } from '@margay/storage';
import { CELL } from '@margay/storage/nest';
import { expect, onTestFinished, test } from 'vitest';

const BEGUN = parseInstant('2026-11-24T00:00:00Z')!;
const CLUSTERS = ['alpha', 'beta'];

/** The line of an audit log by which a pod came, so many minutes after the beginning; the cluster’s first namespace comes first of all. */
function line(cluster: string, minute: number): string {
  const at = BEGUN + minute * MINUTE + 1;
  const isFirst = minute === 0;
  const [resource, name] = isFirst ? ['namespaces', 'kube-system'] : ['pods', `web-${minute}`];
  const metadata = {
    name,
    ...(!isFirst && { namespace: 'shop' }),
    uid: `${cluster}-${minute}`,
    resourceVersion: String(minute + 1),
    creationTimestamp: `${formatInstant(at).slice(0, 19)}Z`,
  };
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: `${cluster}-${minute}`,
    stage: 'ResponseComplete',
    verb: 'create',
    user: { username: 'ana' },
    objectRef: { resource, ...(!isFirst && { namespace: 'shop' }), name, apiVersion: 'v1' },
    responseStatus: { code: 201 },
    responseObject: {
      apiVersion: 'v1',
      kind: isFirst ? 'Namespace' : 'Pod',
      metadata,
      ...(!isFirst && {
        spec: { nodeName: 'n', containers: [{ name: 'app', image: 'app:1' }] },
        status: { phase: 'Running', podIP: '10.0.0.1' },
      }),
    },
    requestReceivedTimestamp: formatInstant(at),
    stageTimestamp: formatInstant(at + 2),
  });
}

/** What an ingestor reads of the minutes `[from, to)`. */
function read(cluster: string, from: number, to: number) {
  const texts = Array.from({ length: to - from }, (_, i) => ({
    text: line(cluster, from + i),
    origin: { source: 'audit.log', position: from + i },
  }));
  const { changes, mark } = readBatch('audit.log', texts);
  return { changes: changes.map((change) => ({ ...change, cluster })), mark: { ...mark, cluster } };
}

/** Publishes that. */
async function ingestMinutes(bus: Bus, cluster: string, from: number, to: number): Promise<void> {
  const { changes, mark } = read(cluster, from, to);
  await publishAll(bus, resourceChanges, changes);
  await publishAll(bus, coverageMarks, [mark]);
}

/** Publishes what an ingestor reads of an hour, numbered from 0 on. */
const ingest = (bus: Bus, cluster: string, hour: number): Promise<void> =>
  ingestMinutes(bus, cluster, hour * 60, hour * 60 + 60);

/** The cell of some of the clusters, as Elasticsearch has it: what is remembered of others is where those find it who know them. */
const cellKnowing = (stores: ReadonlyMap<string, Stores>, known: readonly string[]) =>
  cellOver(new Map(known.map((cluster) => [cluster, stores.get(cluster)!])), (cluster) =>
    cluster === ANY_CLUSTER ? ofEach(stores) : stores.get(cluster)?.asides,
  );

const ofEach = (stores: ReadonlyMap<string, Stores>): Asides => ({
  async append(some) {
    for (const [cluster, { asides }] of stores)
      await asides.append(some.filter(({ except = [] }) => !except.includes(cluster)));
  },
  async settle(places) {
    for (const { asides } of stores.values()) await asides.settle(places);
  },
  open: () => Promise.reject(new Error('Nobody asks what is open of any cluster.')),
});

/** The snapshotter of a cell, over stores and a bus that stay when it ends. @param known its CLUSTERS. */
async function snapshotter(bus: Bus, stores: ReadonlyMap<string, Stores>, known = CLUSTERS) {
  const stopping = new AbortController();
  const cell = {
    module: class Kept {},
    providers: [{ provide: CELL, useValue: cellKnowing(stores, known) }],
    exports: [CELL],
  };
  const kept = { ...bus, close: async () => undefined };
  const { ended } = await startApplication({
    modules: [
      SnapshotterModule.over(
        BusModule.opened(async () => kept, [...known]),
        cell,
      ),
    ],
    log: silentLog,
    host: '127.0.0.1',
    port: 0,
    signal: stopping.signal,
  });
  return async () => {
    stopping.abort();
    await ended;
  };
}

const settled = (bus: Bus) =>
  expect
    .poll(async () => {
      const lags = await Promise.all(
        [resourceChanges, coverageMarks].map(({ name }) => bus.lag(name, EVIDENCE_GROUP)),
      );
      return lags.reduce((sum, lag) => sum + lag, 0);
    })
    .toBe(0);

async function cellOfTwo() {
  const bus = openEmbeddedBus(':memory:');
  const stores = new Map(CLUSTERS.map((cluster) => [cluster, openEmbedded(':memory:')]));
  onTestFinished(async () => {
    await bus.close();
    for (const each of stores.values()) await each.close();
  });
  return { bus, stores };
}

/** The report over some minutes, as far as it tells of its evidence. */
async function reported(stores: ReadonlyMap<string, Stores>, cluster: string, [from, to]: readonly number[]) {
  const report = await computeWindow(stores.get(cluster)!, {
    cluster,
    id: 'w',
    reportName: 'r',
    reportType: 'inventory',
    spec: { reportType: 'inventory' },
    manual: false,
    start: BEGUN + from! * MINUTE,
    end: BEGUN + to! * MINUTE,
  });
  const { grade, complete, reasons } = report.evidence.sources!;
  return { grade, complete, reasons, digest: report.digest };
}

/** In minutes. */
const WHOLE = [0, 180];
const BEFORE = [0, 58];
const AWAY = [62, 118];
const WINDOWS = [WHOLE, BEFORE, AWAY, [125, 180]];
const GAP =
  'Nothing is known to have been delivered by audit.log from 2026-11-24T00:59:00.000004Z to 2026-11-24T02:00:00.000003Z, for longer than its rhythm allows (4 min 16 s).';

/** What is open of everything in all of the time. */
async function doubtsOf(stores: ReadonlyMap<string, Stores>, cluster: string) {
  const window = { start: BEGUN, end: BEGUN + 180 * MINUTE };
  const { coverage } = stores.get(cluster)!;
  const known = { deliveries: await coverage.deliveries() };
  const doubts = doubtsFor(await coverage.marks(window), window, known);
  return doubts.filter(({ reason }) => reason === 'lost');
}

/** The same two clusters of which nothing was ever away. */
async function undisturbed() {
  const { bus, stores } = await cellOfTwo();
  const end = await snapshotter(bus, stores);
  for (const hour of [0, 1, 2]) for (const cluster of CLUSTERS) await ingest(bus, cluster, hour);
  await settled(bus);
  await end();
  return stores;
}

test('an hour of which nothing came is named in the reports that touch it, and in none of another cluster', async () => {
  const expected = await undisturbed();
  const { bus, stores } = await cellOfTwo();
  const end = await snapshotter(bus, stores);
  for (const hour of [0, 1, 2])
    for (const cluster of CLUSTERS) if (cluster !== 'alpha' || hour !== 1) await ingest(bus, cluster, hour);
  await settled(bus);
  await end();
  for (const window of [WHOLE, AWAY])
    expect(await reported(stores, 'alpha', window)).toMatchObject({
      grade: 'gaps',
      complete: false,
      reasons: [GAP],
    });
  expect(await reported(stores, 'alpha', BEFORE)).toEqual(await reported(expected, 'alpha', BEFORE));
  for (const window of WINDOWS)
    expect(await reported(stores, 'beta', window)).toEqual(await reported(expected, 'beta', window));
  expect(await reported(expected, 'alpha', WHOLE)).toMatchObject({ grade: 'no gap seen', complete: true });
});

test('an hour in which nobody took what both clusters published is made up for, and no report shows it', async () => {
  const expected = await undisturbed();
  const { bus, stores } = await cellOfTwo();
  const end = await snapshotter(bus, stores);
  for (const cluster of CLUSTERS) await ingest(bus, cluster, 0);
  await settled(bus);
  await end();
  for (const cluster of CLUSTERS) await ingest(bus, cluster, 1);
  const again = await snapshotter(bus, stores);
  for (const cluster of CLUSTERS) await ingest(bus, cluster, 2);
  await settled(bus);
  await again();
  for (const cluster of CLUSTERS)
    for (const window of WINDOWS)
      expect(await reported(stores, cluster, window)).toEqual(await reported(expected, cluster, window));
});

/** What is published while the snapshotter's CLUSTERS lack beta: of the minutes from 60 on. */
const AWAY_MINUTES = 3;
type Publish = (bus: Bus, taken: ReturnType<typeof read>) => Promise<unknown>;
const publishChanges: Publish = (bus, { changes }) => publishAll(bus, resourceChanges, changes);
const publishMark: Publish = (bus, { mark }) => publishAll(bus, coverageMarks, [mark]);
const publishGarbage: Publish = (bus, { changes }) =>
  bus.publish(
    resourceChanges.name,
    changes.map((change) => ({ key: resourceChanges.keyOf(change), value: Buffer.from('no message') })),
  );

test.each<[string, Publish[], Publish[]]>([
  ['its changes and its marks', [publishChanges, publishMark], []],
  ['its changes, and its marks are taken,', [publishChanges], [publishMark]],
  ['its marks, and its changes are taken,', [publishMark], [publishChanges]],
  ['changes that nobody can read under its keys, and its marks are taken,', [publishGarbage], [publishMark]],
])(
  'while beta is out of CLUSTERS for three minutes %s are set aside: its reports say so until they are published again, and no other’s',
  async (_, setAside, taken) => {
    const expected = await undisturbed();
    const { bus, stores } = await cellOfTwo();
    const isReadable = !setAside.includes(publishGarbage);
    const begin = await snapshotter(bus, stores);
    for (const cluster of CLUSTERS) await ingest(bus, cluster, 0);
    await settled(bus);
    await begin();
    const without = await snapshotter(bus, stores, ['alpha']);
    const [away, back] = [60, 60 + AWAY_MINUTES];
    const missing = read('beta', away, back);
    for (const publish of setAside) await publish(bus, missing);
    await ingest(bus, 'alpha', 1);
    await settled(bus);
    await without();
    // Before it is back the api and the worker, which know it, say so already.
    expect(await reported(stores, 'beta', BEFORE)).toMatchObject({ complete: isReadable });
    expect(await doubtsOf(stores, 'beta')).not.toEqual([]);
    const again = await snapshotter(bus, stores);
    for (const publish of taken) await publish(bus, missing);
    await ingestMinutes(bus, 'beta', back, 120);
    for (const cluster of CLUSTERS) await ingest(bus, cluster, 2);
    await settled(bus);
    expect(await reported(stores, 'beta', WHOLE)).toMatchObject({ complete: false });
    expect(await doubtsOf(stores, 'beta')).not.toEqual([]);
    for (const window of WINDOWS)
      expect(await reported(stores, 'alpha', window)).toEqual(await reported(expected, 'alpha', window));
    for (const { name } of [resourceChanges, policyEvents, coverageMarks]) await replayDeadLetters(bus, name);
    await settled(bus);
    await again();
    if (isReadable)
      for (const window of WINDOWS)
        expect(await reported(stores, 'beta', window)).toEqual(await reported(expected, 'beta', window));
    else expect(await reported(stores, 'beta', WHOLE)).toMatchObject({ complete: false });
  },
);

/** An hour of both, after which beta is out of CLUSTERS while something is done. @param dying what its snapshotter has of the bus. */
async function withoutBeta(doing: (bus: Bus) => Promise<unknown>, dying: Partial<Bus> = {}) {
  const { bus, stores } = await cellOfTwo();
  const begin = await snapshotter(bus, stores);
  for (const cluster of CLUSTERS) await ingest(bus, cluster, 0);
  await settled(bus);
  await begin();
  const without = await snapshotter({ ...bus, ...dying }, stores, ['alpha']);
  await doing(bus);
  await without();
  return { bus, stores };
}

test('of what a snapshotter did not know, and another one took since it was killed meanwhile, nothing is open', async () => {
  const isKilled = Promise.withResolvers<void>();
  const { bus, stores } = await withoutBeta(
    async (own) => {
      await ingest(own, 'beta', 1);
      await isKilled.promise;
    },
    {
      deadLetters: async () => {
        isKilled.resolve();
        throw new Error('killed');
      },
    },
  );
  expect(await doubtsOf(stores, 'beta')).not.toEqual([]);
  const again = await snapshotter(bus, stores);
  await settled(bus);
  await again();
  expect(await doubtsOf(stores, 'beta')).toEqual([]);
});

test('another message that says to be what was set aside settles nothing: who may publish is no reason to believe it', async () => {
  const { bus, stores } = await withoutBeta(async (own) => {
    await ingest(own, 'beta', 1);
    await settled(own);
  });
  const published: Delivery[] = [];
  for (const { name } of [resourceChanges, coverageMarks])
    for await (const delivery of bus.peek(name)) published.push({ ...delivery, topic: name });
  const [known] = published.filter(({ key }) => key.startsWith('beta'));
  const places = published.map(
    ({ topic, partition, offset, publishedAt }) => `${topic}/${partition}@${offset}/${publishedAt}`,
  );
  const { key, value } = known!;
  await bus.publish(known!.topic, [{ key, value, headers: { 'set-aside-at': places.join(',') } }]);
  const again = await snapshotter(bus, stores);
  await settled(bus);
  expect(await doubtsOf(stores, 'beta')).not.toEqual([]);
  for (const { name } of [resourceChanges, coverageMarks]) await replayDeadLetters(bus, name);
  await settled(bus);
  await again();
  expect(await doubtsOf(stores, 'beta')).toEqual([]);
});

test('what is published again while its cluster is still not known is open until it is published again once more', async () => {
  const { bus, stores } = await withoutBeta(async (own) => {
    await ingest(own, 'beta', 1);
    await settled(own);
    for (const { name } of [resourceChanges, coverageMarks]) await replayDeadLetters(own, name);
    await settled(own);
  });
  const again = await snapshotter(bus, stores);
  expect(await doubtsOf(stores, 'beta')).not.toEqual([]);
  for (const { name } of [resourceChanges, coverageMarks]) await replayDeadLetters(bus, name);
  await settled(bus);
  await again();
  expect(await doubtsOf(stores, 'beta')).toEqual([]);
  expect(await stores.get('beta')!.coverage.position('audit.log')).toBe(120);
});

test('what may be of any cluster leaves something open also of one that is out of CLUSTERS, and in others once', async () => {
  const { stores } = await withoutBeta(async (own) => {
    await own.publish(resourceChanges.name, [{ key: 'garbage', value: Buffer.from('no message') }]);
    await settled(own);
  });
  for (const cluster of CLUSTERS) expect(await doubtsOf(stores, cluster)).toMatchObject([{ reason: 'lost' }]);
});
