import { readBatch } from '@margay/audit-ingestor';
import { coverageMarks, EVIDENCE_GROUP, resourceChanges } from '@margay/contracts';
import { formatInstant, MINUTE, parseInstant } from '@margay/ground';
import { openEmbeddedBus, publishAll, type Bus } from '@margay/messaging';
import { BusModule } from '@margay/messaging/nest';
import { computeWindow } from '@margay/report-worker';
import { silentLog } from '@margay/runtime';
import { startApplication } from '@margay/runtime/nest';
import { SnapshotterModule } from '@margay/snapshotter/module';
import { cellOver, openEmbedded, type Stores } from '@margay/storage';
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

/** Publishes what an ingestor reads of an hour, numbered from 0 on. */
async function ingest(bus: Bus, cluster: string, hour: number): Promise<void> {
  const texts = Array.from({ length: 60 }, (_, i) => ({
    text: line(cluster, hour * 60 + i),
    origin: { source: 'audit.log', position: hour * 60 + i },
  }));
  const { changes, mark } = readBatch('audit.log', texts);
  await publishAll(
    bus,
    resourceChanges,
    changes.map((change) => ({ ...change, cluster })),
  );
  await publishAll(bus, coverageMarks, [{ ...mark, cluster }]);
}

/** The snapshotter of a cell, over stores and a bus that stay when it ends. */
async function snapshotter(bus: Bus, stores: ReadonlyMap<string, Stores>) {
  const stopping = new AbortController();
  const cell = {
    module: class Kept {},
    providers: [{ provide: CELL, useValue: cellOver(stores) }],
    exports: [CELL],
  };
  const kept = { ...bus, close: async () => undefined };
  const { ended } = await startApplication({
    modules: [
      SnapshotterModule.over(
        BusModule.opened(async () => kept, CLUSTERS),
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
