import { createPrivateKey, sign as opensslSign } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  EVIDENCE_GROUP,
  resourceChanges,
  revisedWindow,
  logCheckpoints,
  reportsCompleted,
  reportsFailed,
  reportWindows,
  type ReportWindow,
  type Topic,
} from '@margay/contracts';
import { type Confirmer, Unconfirmed } from '@margay/confirmations';
import type { Change } from '@margay/history';
import {
  cosignNote,
  NotSigned,
  readCheckpoint,
  readEntry,
  type Signer,
  type SigningKey,
  signingKey,
  verifierKeyText,
} from '@margay/ledger';
import { publishAll, type Bus } from '@margay/messaging';
import { BUS, BusModule } from '@margay/messaging/nest';
import { splitReport, type Report } from '@margay/reports';
import { openMetrics, silentLog, type Log } from '@margay/runtime';
import { connectTransports, ProcessModule, Readiness } from '@margay/runtime/nest';
import { changeLogKey, openEmbedded, type Stores } from '@margay/storage';
import { STORES, StoresModule } from '@margay/storage/nest';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { expect, onTestFinished, test } from 'vitest';
import type { Compute } from './compute-in-process.ts';
import { computeWindow } from './compute-window.ts';
import { ReportWorkerModule } from './report-worker.module.ts';
import type { WorkerOptions } from './worker-options.ts';

const NOW = 5_000;

interface WorkerTest extends Partial<WorkerOptions> {
  readonly stores?: Stores;
  readonly log?: Log;
  readonly clock?: () => number;
}

/** A worker over embedded adapters, which computes as told. */
async function worker(
  compute: (stores: Stores) => Compute,
  {
    log = silentLog,
    clock = () => NOW,
    stores: opened = openEmbedded(':memory:'),
    ...options
  }: WorkerTest = {},
  ledgerKeyNow?: () => SigningKey,
) {
  const metrics = openMetrics({ defaults: false });
  const testing = await Test.createTestingModule({
    imports: [
      ProcessModule.with({ log, metrics, clock, pauseMilliseconds: 5 }),
      ReportWorkerModule.over(
        compute(opened),
        withKey({ evidenceMilliseconds: 600_000, ...options }, ledgerKeyNow),
        BusModule.embedded(':memory:'),
        StoresModule.opened(async () => opened, 'c'),
      ),
    ],
  }).compile();
  const app = testing.createNestApplication(new FastifyAdapter());
  onTestFinished(() => app.close());
  connectTransports(app);
  await app.init();
  await app.startAllMicroservices();
  const bus = app.get<Bus>(BUS);
  return {
    app,
    bus,
    stores: app.get<Stores>(STORES),
    metrics,
    done: () => bus.lag(reportWindows.name, 'report-worker'),
  };
}

/** Options whose key may become another one. */
const withKey = (options: WorkerOptions, now?: () => SigningKey): WorkerOptions =>
  now === undefined ? options : Object.defineProperty(options, 'ledgerKey', { get: now, enumerable: true });

const really =
  (stores: Stores): Compute =>
  async (window, unapplied) => {
    const read = await stores.arrivals.place();
    const { header, digest, parts } = splitReport(await computeWindow(stores, window, { unapplied }));
    return { header, digest, parts: [...parts], read };
  };

const windowOf = (id: string, reportType = 'inventory'): ReportWindow => ({
  cluster: 'c',
  id,
  reportName: 'daily',
  reportType,
  spec: { reportType },
  start: 0,
  end: 1_000,
  manual: false,
});

async function messagesOf<T>(bus: Bus, topic: Topic<T>): Promise<T[]> {
  const messages: T[] = [];
  for await (const { value } of bus.peek(topic.name)) messages.push(topic.decode(value));
  return messages;
}

test('a window becomes an archived report and news of it; the window again gives neither again', async () => {
  const { bus, stores, done, metrics } = await worker(really);
  const window = windowOf('w1');
  await stores.windows.emit([window], 1);
  await publishAll(bus, reportWindows, [window, window]);
  await expect.poll(done).toBe(0);
  const { headers } = await stores.archive.headers();
  expect(headers).toMatchObject([{ id: 'w1', reportName: 'daily', start: 0, end: 1_000, generatedAt: NOW }]);
  const news = await messagesOf(bus, reportsCompleted);
  expect(news.map(({ id, digest }) => [id, digest])).toEqual([['w1', headers[0]!.digest]]);
  expect(await stores.windows.get('w1')).toMatchObject({ state: 'completed' });
  const exposition = await metrics.exposition();
  expect(exposition).toContain('margay_reports_total{cluster="c",type="inventory",result="completed"} 1');
  expect(exposition).toContain('margay_reports_total{cluster="c",type="inventory",result="repeated"} 1');
  expect(exposition).toContain('margay_report_duration_seconds_count{cluster="c",type="inventory"} 1');
});

test.each<[string, object, string, number]>([
  ['the same', {}, 'one', 0],
  ['otherwise, of the same evidence', {}, 'two', 1],
  ['otherwise, of other evidence', { evidence: { read: 3 } }, 'two', 0],
  ['otherwise, of another GlobalReport', { reportSpec: { suite: 'b' } }, 'two', 0],
  ['otherwise, of another type', { reportTypeSpec: { rows: [] } }, 'two', 0],
])('that a revision says %s is told where no evidence explains it', async (_, change, digest, times) => {
  const warned: unknown[] = [];
  const log: Log = { ...silentLog, warn: (message, fields) => void warned.push([message, fields]) };
  const first = { reportSpec: { suite: 'a' }, evidence: { read: 2 } };
  const said = [
    { header: first, digest: 'one' },
    { header: { ...first, ...change }, digest },
  ].map((report) => ({ ...report, parts: [], read: {} }) as unknown as Awaited<ReturnType<Compute>>);
  const { bus, stores, done, metrics } = await worker(() => async () => said.shift()!, { log });
  const window = windowOf('w1');
  for (const each of [window, revisedWindow(window, 2)]) {
    await stores.windows.emit([each], 1);
    await publishAll(bus, reportWindows, [each]);
    await expect.poll(done).toBe(0);
  }
  const before = expect.objectContaining({ before: 'w1' }) as unknown;
  expect(warned).toEqual(
    Array.from({ length: times }, () => [expect.stringMatching(/of the same evidence/), before]),
  );
  const counted = /margay_revisions_unexplained_total\{cluster="c"\} 1/;
  expect(counted.test(await metrics.exposition())).toBe(times === 1);
});

test('a revision says what it supersedes, which stays, and each is told of once', async () => {
  const { bus, stores, done } = await worker(really);
  const first = windowOf('w1');
  const second = revisedWindow(first, 2);
  const third = revisedWindow(first, 3);
  await stores.windows.emit([first, second, third], 1);
  await publishAll(bus, reportWindows, [first]);
  await expect.poll(done).toBe(0);
  await publishAll(bus, reportWindows, [second]);
  await expect.poll(done).toBe(0);
  await publishAll(bus, reportWindows, [third]);
  await expect.poll(done).toBe(0);
  const said = (await stores.archive.revisions('daily', first)).map((header) => [
    header.id,
    header.revision,
    header.supersedes,
  ]);
  expect(said).toEqual([
    ['w1', undefined, undefined],
    [second.id, 2, 'w1'],
    [third.id, 3, second.id],
  ]);
  const news = await messagesOf(bus, reportsCompleted);
  expect(news.map(({ id, revision, supersedes }) => [id, revision, supersedes])).toEqual(said);
  // Nothing came between them.
  expect(new Set(news.map(({ digest }) => digest)).size).toBe(1);
});

test('a report remembers where the stores were before its evidence was read', async () => {
  const { bus, stores, done } = await worker((opened) => async (window) => {
    const computed = await really(opened)(window);
    await opened.history.append([change]);
    return computed;
  });
  const change: Change = {
    id: 'e#0',
    eventId: 'e',
    what: 'gone',
    group: '',
    resource: 'pods',
    namespace: 'shop',
    name: 'web',
    at: 500,
    receivedAt: 500,
    origin: { source: 'audit.log', position: 0 },
  };
  await stores.windows.emit([windowOf('w1')], 1);
  await publishAll(bus, reportWindows, [windowOf('w1')]);
  await expect.poll(done).toBe(0);
  const { read } = (await stores.archive.header('w1'))!;
  const window = { start: 0, end: 1_000 };
  expect(await stores.arrivals.later([{ place: read!, window }])).toMatchObject([{ events: 1 }]);
});

test('an attempt that fails is told of and made again', async () => {
  let attempts = 0;
  const warnings: unknown[] = [];
  const log: Log = { ...silentLog, warn: (message, fields) => void warnings.push([message, fields]) };
  const { bus, stores, done } = await worker(
    (opened) => async (window) => {
      if (++attempts === 1) throw new Error('no memory');
      return really(opened)(window);
    },
    { log },
  );
  const window = windowOf('w1');
  await stores.windows.emit([window], 1);
  await publishAll(bus, reportWindows, [window]);
  await expect.poll(done, { timeout: 10_000 }).toBe(0);
  expect(warnings).toMatchObject([
    ['A window could not be computed', { id: 'w1', report: 'daily', attempt: 1, reason: 'no memory' }],
  ]);
  expect((await stores.windows.get('w1'))?.attempt).toBe(2);
  expect(await messagesOf(bus, reportsCompleted)).toHaveLength(1);
  expect(await messagesOf(bus, reportsFailed)).toEqual([]);
});

test('a stop in the middle of the pause before another attempt leaves the window on the topic', async () => {
  let attempts = 0;
  const compute = async () => {
    attempts++;
    throw new Error('no memory');
  };
  const { app, bus, stores } = await worker(() => compute);
  const window = windowOf('w1');
  await stores.windows.emit([window], 1);
  await publishAll(bus, reportWindows, [window]);
  await expect.poll(() => attempts).toBe(1);
  const left: number[] = [];
  // The last moment at which the bus can be asked.
  bus.close = async () => void left.push(await bus.lag(reportWindows.name, 'report-worker'));
  await app.close();
  expect(left).toEqual([1]);
});

test('a report that was archived and not told of, since the worker died between, is told of when the window comes again', async () => {
  const { bus, stores, done } = await worker(really);
  const window = windowOf('w1');
  await stores.windows.emit([window], 1);
  const { header: content, digest } = await really(stores)(window);
  const { id, cluster, reportName, reportType, start, end } = window;
  const about = { id, cluster, reportName, reportType, start, end };
  await stores.archive.complete({ ...about, generatedAt: 4_000, digest, parts: [], content });
  await publishAll(bus, reportWindows, [window]);
  await expect.poll(done).toBe(0);
  expect(await messagesOf(bus, reportsCompleted)).toMatchObject([{ id: 'w1', digest, generatedAt: 4_000 }]);
});

test('a window that is not over is refused, by the clock of the worker, and computed when it comes again and is', async () => {
  let now = 999;
  const { bus, stores, done, metrics } = await worker(really, { clock: () => now });
  const window = windowOf('w1');
  await stores.windows.emit([window], 1);
  await publishAll(bus, reportWindows, [window]);
  await expect.poll(done).toBe(0);
  expect((await stores.archive.headers()).headers).toEqual([]);
  expect(await stores.windows.get('w1')).toMatchObject({ state: 'emitted', attempt: 0 });
  expect(await metrics.exposition()).toContain(
    'margay_reports_total{cluster="c",type="inventory",result="refused"} 1',
  );
  now = 1_000;
  await publishAll(bus, reportWindows, [window]);
  await expect.poll(done).toBe(0);
  expect((await stores.archive.headers()).headers).toMatchObject([{ id: 'w1', generatedAt: 1_000 }]);
});

test('windows of logs that were recorded elsewhere are not compared with the clock', async () => {
  const { bus, stores, done } = await worker(really, { clock: () => 0, isRecorded: true });
  await stores.windows.emit([windowOf('w1')], 1);
  await publishAll(bus, reportWindows, [windowOf('w1')]);
  await expect.poll(done).toBe(0);
  expect((await stores.archive.headers()).headers).toMatchObject([{ id: 'w1' }]);
});

/** Something that nobody applies, since no snapshotter runs. */
const publishEvidence = (bus: Bus, count: number) =>
  bus.publish(
    resourceChanges.name,
    Array.from({ length: count }, () => ({ key: 'k', value: Buffer.from('a change') })),
  );

/** Handles all that is there as the snapshotters do. */
async function apply(bus: Bus) {
  const stop = new AbortController();
  const handle = async () => stop.abort();
  await bus.consume(resourceChanges.name, EVIDENCE_GROUP, handle, { signal: stop.signal });
}

test('a report is computed when what was published before is applied, and waits for nothing that comes later', async () => {
  const asked: unknown[] = [];
  const { bus, stores, done } = await worker((opened) => (window, unapplied) => {
    asked.push(unapplied);
    return really(opened)(window, unapplied);
  });
  await publishEvidence(bus, 3);
  await stores.windows.emit([windowOf('w1')], 1);
  await publishAll(bus, reportWindows, [windowOf('w1')]);
  await expect.poll(async () => (await stores.windows.get('w1'))?.state).toBe('running');
  await sleep(100);
  expect(asked).toEqual([]);
  await apply(bus);
  await publishEvidence(bus, 5);
  await expect.poll(done).toBe(0);
  expect(asked).toEqual([undefined]);
});

test('when the limit is over the report is computed and says what it lacks', async () => {
  const { bus, stores, done } = await worker(really, { evidenceMilliseconds: 50 });
  await publishEvidence(bus, 3);
  await stores.windows.emit([windowOf('w1')], 1);
  await publishAll(bus, reportWindows, [windowOf('w1')]);
  await expect.poll(done).toBe(0);
  const { headers } = await stores.archive.headers();
  const { evidence } = headers[0]!.content as unknown as Report;
  expect(evidence.sources?.complete).toBe(false);
  expect(evidence.sources?.reasons).toContain(
    '3 messages that were published before 1970-01-01T00:00:00.005Z were not applied yet when the report was computed.',
  );
  expect(evidence.doubts.listed.map(({ reason }) => reason)).toContain('unapplied');
});

test('each report is logged once; those from before the log are logged when a worker begins', async () => {
  const ledgerKey = signingKey('margay.example/c', new Uint8Array(32).fill(1));
  const stores = openEmbedded(':memory:');
  const before = { ...windowOf('before'), end: 900 };
  const { reportName, reportType, start, end, cluster } = before;
  await stores.archive.complete({
    id: 'before',
    cluster,
    reportName,
    reportType,
    start,
    end,
    generatedAt: 1,
    digest: 'd',
    parts: [],
    content: {},
  });
  const { app, bus, done } = await worker(really, { ledgerKey, stores });
  await expect.poll(async () => (await stores.ledger.head())?.size).toBe(1);
  const window = windowOf('w1');
  await stores.windows.emit([window], 1);
  await publishAll(bus, reportWindows, [window, window]);
  await expect.poll(done).toBe(0);
  const { checkpoint, size } = (await stores.ledger.head())!;
  expect(readCheckpoint(Buffer.from(checkpoint), [ledgerKey])).toMatchObject({ size: 2, signed: [{}] });
  const { headers } = await stores.archive.headers({ reportName: 'daily', limit: 1 });
  expect((await stores.ledger.entries(0, size)).map(readEntry)).toMatchObject([
    { run: 'before', later: true },
    { run: 'w1', digest: headers[0]!.digest, headerDigest: headers[0]!.headerDigest, revision: 1 },
  ]);
  expect((await app.get(Readiness).look()).checks['log']).toEqual({ ready: true });
  // Whoever subscribes has the head of each size; the last is the one in the store.
  const heads = await messagesOf(bus, logCheckpoints);
  expect(new Set(heads.map((head) => head.size))).toEqual(new Set([1, 2]));
  for (const { cluster, origin, size, checkpoint: text } of heads) {
    expect({ cluster, origin }).toEqual({ cluster: 'c', origin: 'margay.example/c' });
    expect(readCheckpoint(Buffer.from(text), [ledgerKey])).toMatchObject({ size, signed: [{}] });
  }
  expect(heads.map((head) => head.checkpoint)).toContain(checkpoint);
});

test('a log that somebody changed keeps no report from being archived and told of', async () => {
  const ledgerKey = signingKey('margay.example/c', new Uint8Array(32).fill(1));
  const stores = openEmbedded(':memory:');
  const head = { size: 0, checkpoint: 'changed\n', key: '' };
  await stores.ledger.grow(0, { head: { ...head, size: 1 }, entries: [], tiles: [] });
  const lines: string[] = [];
  const log: Log = {
    ...silentLog,
    error: (message, fields) => void lines.push(`${message}: ${String(fields?.['reason'])}`),
  };
  const { app, bus, done, metrics } = await worker(really, { ledgerKey, stores, log });
  const window = windowOf('w1');
  await stores.windows.emit([window], 1);
  await publishAll(bus, reportWindows, [window]);
  await expect.poll(done).toBe(0);
  expect((await messagesOf(bus, reportsCompleted)).map(({ id }) => id)).toEqual(['w1']);
  expect(lines.at(-1)).toContain('not in the log of reports: The log of reports lacks tile 0 of level 0');
  // At the start, and of the report.
  expect(await metrics.exposition()).toMatch(/margay_log_refused_total\{cluster="c"\} 2/);
  expect(lines[0]).toContain('is not appended to: The log of reports lacks tile 0 of level 0');
  const { ready, checks } = await app.get(Readiness).look();
  expect({ ready, log: checks['log'] }).toEqual({
    ready: true,
    log: {
      ready: true,
      reason: expect.stringMatching(/not logged.* lacks tile 0 of level 0.* backup/) as string,
    },
  });
});

test('an entry that somebody takes out of the log is told of while nothing is archived, and the report is not logged again', async () => {
  const ledgerKey = signingKey('margay.example/c', new Uint8Array(32).fill(1));
  const stores = openEmbedded(':memory:');
  const archive = (id: string) => {
    const { reportName, reportType, start, end, cluster } = windowOf(id);
    const of = { id, cluster, reportName, reportType, start, end };
    return stores.archive.complete({ ...of, generatedAt: 1, digest: 'd', parts: [], content: {} });
  };
  const taken = { isSo: false };
  const ledger = {
    ...stores.ledger,
    missing: async () => (taken.isSo ? [0] : stores.ledger.missing()),
  };
  await archive('a');
  const lines: string[] = [];
  const log: Log = {
    ...silentLog,
    error: (message, fields) => void lines.push(`${message}: ${String(fields?.['reason'])}`),
  };
  const { app, metrics } = await worker(really, {
    ledgerKey,
    stores: { ...stores, ledger },
    log,
    logMilliseconds: 20,
  });
  await expect.poll(async () => (await stores.ledger.head())?.size).toBe(1);
  expect((await app.get(Readiness).look()).checks['log']).toEqual({ ready: true });
  taken.isSo = true;
  await expect
    .poll(async () => (await app.get(Readiness).look()).checks['log']?.reason)
    .toContain('Entry 0 of the log of reports is missing.');
  // It goes on being counted, so that the alert goes on, and is logged once.
  await expect.poll(() => metrics.exposition()).toMatch(/margay_log_refused_total\{cluster="c"\} [3-9]/);
  expect(lines).toEqual([expect.stringContaining('Entry 0 of the log of reports is missing.')]);
});

test('a report whose log is not signed is archived and told of, and logged once whoever has the key signs again', async () => {
  const own = signingKey('margay.example/c', new Uint8Array(32).fill(1));
  const state: { why?: string } = {};
  const check = async () => {
    if (state.why !== undefined) throw new NotSigned('away', state.why);
  };
  const { seed: _, ...half } = own;
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), own.seed]);
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const sign: Signer['sign'] = async (messages) => {
    await check();
    return messages.map((message) => opensslSign(null, message, key));
  };
  const ledgerKey: Signer = { ...half, sign, check };
  const stores = openEmbedded(':memory:');
  const { app, bus, metrics } = await worker(really, { ledgerKey, stores, logMilliseconds: 20 });
  const reason = async () => (await app.get(Readiness).look()).checks['log']?.reason;
  const reported = async (id: string) => {
    await stores.windows.emit([windowOf(id)], 1);
    await publishAll(bus, reportWindows, [windowOf(id)]);
    await expect.poll(async () => (await stores.windows.get(id))?.state).toBe('completed');
  };
  await reported('w1');
  expect((await stores.ledger.head())?.size).toBe(1);
  state.why = 'https://vault.example answered 503: sealed';
  await reported('w2');
  await reported('w3');
  await expect
    .poll(reason)
    .toMatch(/does not sign: https:\/\/vault\.example answered 503: sealed\. Once he does they are logged/);
  expect((await stores.ledger.head())?.size).toBe(1);
  expect(await metrics.exposition()).toMatch(/margay_log_unsigned_total\{cluster="c",reason="away"\} \d/);
  expect(await metrics.exposition()).not.toMatch(/margay_log_refused_total\{/);
  delete state.why;
  await expect.poll(async () => (await stores.ledger.head())?.size).toBe(3);
  await expect.poll(reason).toBeUndefined();
  const entries = (await stores.ledger.entries(0, 3)).map((bytes) => readEntry(bytes!));
  expect(entries.map(({ run, later }) => [run, later])).toEqual([
    ['w1', undefined],
    ['w2', true],
    ['w3', true],
  ]);
});

test('a log that is whole again is gone on with, without a start again, and what was not logged is', async () => {
  const ledgerKey = signingKey('margay.example/c', new Uint8Array(32).fill(1));
  const stores = openEmbedded(':memory:');
  const taken = { isSo: false };
  const ledger = { ...stores.ledger, missing: async () => (taken.isSo ? [0] : stores.ledger.missing()) };
  const { app, bus } = await worker(really, {
    ledgerKey,
    stores: { ...stores, ledger },
    logMilliseconds: 20,
  });
  const reason = async () => (await app.get(Readiness).look()).checks['log']?.reason;
  const reported = async (id: string) => {
    await stores.windows.emit([windowOf(id)], 1);
    await publishAll(bus, reportWindows, [windowOf(id)]);
    await expect.poll(async () => (await stores.windows.get(id))?.state).toBe('completed');
  };
  await reported('w1');
  taken.isSo = true;
  await expect.poll(reason).toContain('is missing');
  await reported('w2');
  expect(await reason()).toMatch(/restore it from a backup\. Once that is so, a worker that runs logs them/);
  expect((await stores.ledger.head())?.size).toBe(1);
  taken.isSo = false;
  await expect.poll(async () => (await stores.ledger.head())?.size).toBe(2);
  await expect.poll(reason).toBeUndefined();
});

test('after a change of keys a worker says what to do, and goes on by itself once it has the new key', async () => {
  const [old, next] = [1, 2].map((seed) => signingKey('margay.example/c', new Uint8Array(32).fill(seed))) as [
    SigningKey,
    SigningKey,
  ];
  const stores = openEmbedded(':memory:');
  const state = { key: old };
  const { app, bus } = await worker(really, { stores, logMilliseconds: 20 }, () => state.key);
  const reported = async (id: string) => {
    await stores.windows.emit([windowOf(id)], 1);
    await publishAll(bus, reportWindows, [windowOf(id)]);
    await expect.poll(async () => (await stores.windows.get(id))?.state).toBe('completed');
  };
  const reason = async () => (await app.get(Readiness).look()).checks['log']?.reason;
  await reported('w1');
  await changeLogKey(stores.ledger, old, next);
  await expect.poll(reason).toContain(`follows margay.example/c+${old.id}, which signs nothing any more`);
  await reported('w2');
  const head = (await stores.ledger.head())!;
  expect(head).toMatchObject({ size: 2, key: verifierKeyText(next) });
  state.key = next;
  await expect.poll(async () => (await stores.ledger.head())?.size).toBe(3);
  await expect.poll(reason).toBeUndefined();
  await reported('w3');
  const { size, checkpoint } = (await stores.ledger.head())!;
  expect(size).toBe(4);
  expect(readCheckpoint(Buffer.from(checkpoint), [next]).signed).toHaveLength(1);
});

test('what somebody keeps in the name of a witness silences it for no head: it is counted, and gives way to what it signs', async () => {
  const ledgerKey = signingKey('margay.example/c', new Uint8Array(32).fill(1));
  const key = signingKey('witness.example/w', new Uint8Array(32).fill(2), 'witness');
  const keptAs = verifierKeyText(key);
  const state = { isAway: true };
  const confirmer: Confirmer = {
    by: `${key.name}+${key.id}`,
    keptAs,
    kind: 'cosignature',
    confirm: async ({ checkpoint, seen }) => {
      if (state.isAway) throw new Unconfirmed('away', 'it cannot be reached');
      expect(seen).toBe(0);
      return cosignNote(checkpoint, key, 7).slice(checkpoint.length);
    },
  };
  const { bus, stores, metrics } = await worker(really, {
    ledgerKey,
    confirmers: { all: [confirmer], witnessesNeeded: 1 },
    pauses: { first: 5, longest: 5 },
    logMilliseconds: 20,
  });
  await stores.windows.emit([windowOf('w1')], 1);
  await publishAll(bus, reportWindows, [windowOf('w1')]);
  await expect.poll(async () => (await stores.ledger.head())?.size).toBe(1);
  const { checkpoint } = (await stores.ledger.head())!;
  const bogus = { checkpoint, by: keptAs, kind: 'cosignature', text: 'bogus' } as const;
  for (const size of [1, 2, Number.MAX_SAFE_INTEGER]) await stores.ledger.confirm({ ...bogus, size });
  state.isAway = false;
  const last = async () => (await stores.ledger.lastConfirmed(keptAs, 1))[0]?.text;
  await expect.poll(last).toBe(cosignNote(checkpoint, key, 7).slice(checkpoint.length));
  expect(await metrics.exposition()).toMatch(
    /margay_log_confirmations_total\{cluster="c",confirmer="witness\.example\/w\+\w{8}",result="changed"\} [1-9]/,
  );
});

test('who confirms heads of the log keeps no report waiting, and has each head signed that others can', async () => {
  const ledgerKey = signingKey('margay.example/c', new Uint8Array(32).fill(1));
  const [good, late] = ['good', 'late'].map((name, i) =>
    signingKey(`witness.example/${name}`, new Uint8Array(32).fill(2 + i), 'witness'),
  ) as [SigningKey, SigningKey];
  const state = { isAway: true };
  const signs = (key: SigningKey): Confirmer => ({
    by: `${key.name}+${key.id}`,
    keptAs: verifierKeyText(key),
    kind: 'cosignature',
    confirm: async ({ checkpoint, seen, growth }) => {
      const { size } = readCheckpoint(Buffer.from(checkpoint), [ledgerKey]);
      expect(seen).toBeLessThan(size);
      if (seen > 0) await growth(seen);
      return cosignNote(checkpoint, key, 7).slice(checkpoint.length);
    },
  });
  const all: Confirmer[] = [
    signs(good),
    {
      ...signs(late),
      confirm: async (asked) => {
        if (state.isAway) throw new Unconfirmed('away', 'it cannot be reached');
        return signs(late).confirm(asked);
      },
    },
    {
      by: 'never',
      keptAs: 'never',
      kind: 'cosignature',
      confirm: ({ signal }) =>
        new Promise((_, reject) => signal!.addEventListener('abort', () => reject(new Error('stopping')))),
    },
    {
      by: 'lies',
      keptAs: 'lies',
      kind: 'cosignature',
      confirm: () => Promise.reject(new Unconfirmed('wrong', 'what it answered is no signature')),
    },
  ];
  const { app, bus, stores, done, metrics } = await worker(really, {
    ledgerKey,
    confirmers: { all, witnessesNeeded: 2 },
    pauses: { first: 5, longest: 5 },
  });
  for (const [i, id] of ['w1', 'w2', 'w3'].entries()) {
    const window = { ...windowOf(id), end: 1_000 + i };
    await stores.windows.emit([window], 1);
    await publishAll(bus, reportWindows, [window]);
    await expect.poll(done).toBe(0);
  }
  expect((await messagesOf(bus, reportsCompleted)).map(({ id }) => id)).toEqual(['w1', 'w2', 'w3']);
  const sizeOf = async (key: SigningKey) =>
    (await stores.ledger.lastConfirmed(verifierKeyText(key), 9))[0]?.size;
  await expect.poll(() => sizeOf(good)).toBe(3);
  await expect
    .poll(() => metrics.exposition())
    .toMatch(/margay_log_confirmations_total\{cluster="c",confirmer="lies",result="wrong"\} [2-9]/);
  expect(await sizeOf(late)).toBeUndefined();
  const { ready, checks } = await app.get(Readiness).look();
  expect(ready).toBe(true);
  expect(checks['confirmations']?.reason).toMatch(
    /late\+\S+ has not confirmed the head of the log of c since \S+: it cannot be reached\. lies has/,
  );
  expect(await metrics.exposition()).toMatch(
    /margay_log_unconfirmed_seconds\{cluster="c",confirmer="witnesses"\} \d+\.\d/,
  );
  state.isAway = false;
  await expect.poll(() => sizeOf(late)).toBe(3);
  // What the log's key did not sign is asked of nobody, and nothing of the two that say nothing is kept.
  expect(new Set((await stores.ledger.confirmations(0)).map(({ by }) => by)).size).toBe(2);
  const published = async () => (await messagesOf(bus, logCheckpoints)).at(-1)!;
  await expect.poll(async () => (await published()).checkpoint).toMatch(/good[^]*late/);
  const last = await published();
  expect(readCheckpoint(Buffer.from(last.checkpoint), [ledgerKey, good, late])).toMatchObject({
    size: 3,
    signed: [{ key: { name: ledgerKey.name } }, { key: { name: good.name }, time: 7 }, { time: 7 }],
  });
  expect(await metrics.exposition()).toMatch(
    /margay_log_unconfirmed_seconds\{cluster="c",confirmer="witnesses"\} 0\n/,
  );
});
