import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { anyone } from '@margay/api';
import type { SinkOptions } from '@margay/api/module';
import { verifierKeyText } from '@margay/ledger';
import { openMetrics } from '@margay/runtime';
import type { Stores } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { apiHere } from './testing/api-application.ts';
import { freePort } from './testing/free-port.ts';
import { margay, ownFolder, stopped } from './testing/margay.ts';
import { dailyLogged, LOG_KEY, recordedStores } from './testing/recorded-stores.ts';

const hasMoto = spawnSync('moto_server', ['--version']).error === undefined;
if (!hasMoto) console.warn('There is no moto_server: copies with a retention lock are not tried.');

const CREDENTIALS = { accessKeyId: 'key', secretAccessKey: 'secret' };

/** A server that speaks S3 with Object Lock, once it is started. */
async function s3() {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new S3Client({
    endpoint,
    forcePathStyle: true,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  let server: ChildProcess | undefined;
  onTestFinished(async () => {
    client.destroy();
    if (server !== undefined) await stopped(server, 'SIGKILL');
  });
  return {
    endpoint,
    client,
    async start(): Promise<void> {
      server = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
      await expect
        .poll(
          () =>
            fetch(endpoint).then(
              ({ ok }) => ok,
              () => false,
            ),
          { timeout: 60_000 },
        )
        .toBe(true);
    },
    async makeBucket(Bucket: string, ObjectLockEnabledForBucket: boolean): Promise<void> {
      await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket }));
    },
    async versions(Bucket: string): Promise<string[]> {
      const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
      return Versions.map(({ Key }) => Key!).toSorted();
    },
  };
}

async function serving(stores: Stores, sink: SinkOptions, others?: ReadonlyMap<string, Stores>) {
  const metrics = openMetrics({ defaults: false });
  const app = await apiHere({ stores, access: anyone, door: { sink }, metrics, ...(others && { others }) });
  onTestFinished(() => app.close());
  return {
    app,
    metrics,
    reason: async () =>
      (await app.inject('/readyz')).json<{ checks: Record<string, { reason?: string }> }>().checks['copies']
        ?.reason,
    copies: async (result: string) =>
      Number(
        new RegExp(`margay_log_copies_total\\{cluster="recorded",result="${result}"\\} (\\d+)`).exec(
          await metrics.exposition(),
        )?.[1] ?? 0,
      ),
  };
}

const sinkAt = (endpoint: string): SinkOptions => ({
  bucket: 'kept',
  prefix: 'margay/',
  region: 'us-east-1',
  endpoint,
  credentials: CREDENTIALS,
  mode: 'COMPLIANCE',
  days: 30,
  delayMilliseconds: 0,
});

test.skipIf(!hasMoto)(
  'what is logged is copied once to a bucket that keeps it, after an outage too, and never over something else',
  { timeout: 180_000 },
  async () => {
    const server = await s3();
    const stores = await recordedStores();
    await dailyLogged(stores, 'daily-1', 1);
    await dailyLogged(stores, 'daily-2', 2);
    const sink = sinkAt(server.endpoint);
    const first = await serving(stores, sink);
    await expect
      .poll(first.reason, { timeout: 60_000 })
      .toMatch(/Reports of recorded are not copied: .*ECONNREFUSED/);
    expect((await first.app.inject('/api/v1/runs/daily-1')).statusCode).toBe(200);
    await server.start();
    await server.makeBucket('kept', true);
    const base = 'margay/recorded';
    const expected = [
      `${base}/log/0000000000000002.checkpoint.txt`,
      `${base}/reports/daily-1/1/evidence.zip`,
      `${base}/reports/daily-2/1/evidence.zip`,
    ];
    await expect.poll(() => server.versions('kept'), { timeout: 60_000 }).toEqual(expected);
    await expect.poll(first.reason).toBeUndefined();

    // It is what an auditor checks, and the server itself keeps it.
    const Key = expected[1]!;
    const kept = await server.client.send(new GetObjectCommand({ Bucket: 'kept', Key }));
    expect(kept.ObjectLockMode).toBe('COMPLIANCE');
    const days = (kept.ObjectLockRetainUntilDate!.getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThanOrEqual(30);
    const zip = join(ownFolder(), 'evidence.zip');
    const bytes = await kept.Body!.transformToByteArray();
    writeFileSync(zip, bytes);
    expect(kept.ChecksumSHA256 ?? createHash('sha256').update(bytes).digest('base64')).toBe(
      createHash('sha256').update(bytes).digest('base64'),
    );
    expect(margay(['verify', zip, '--key', verifierKeyText(LOG_KEY)]).out).toContain(
      ': intact: the report that',
    );
    const removed = server.client.send(
      new DeleteObjectCommand({ Bucket: 'kept', Key, VersionId: kept.VersionId! }),
    );
    await expect(removed).rejects.toThrow(/Access Denied|protected/);

    // Somebody puts something else where the next report will be.
    const taken = `${base}/reports/daily-3/1/evidence.zip`;
    await first.app.close();
    await server.client.send(new PutObjectCommand({ Bucket: 'kept', Key: taken, Body: 'else' }));
    await dailyLogged(stores, 'daily-3', 3);
    await dailyLogged(stores, 'daily-4', 4);
    const second = await serving(stores, sink);
    const later = [
      expected[0]!,
      `${base}/log/0000000000000004.checkpoint.txt`,
      ...expected.slice(1),
      taken,
      `${base}/reports/daily-4/1/evidence.zip`,
    ];
    await expect.poll(() => server.versions('kept'), { timeout: 60_000 }).toEqual(later);
    expect([await second.copies('kept'), await second.copies('refused')]).toEqual([2, 1]);
    const left = await server.client.send(new GetObjectCommand({ Bucket: 'kept', Key: taken }));
    expect(await left.Body!.transformToString()).toBe('else');
    // A third one finds nothing to do.
    await second.app.close();
    await serving(stores, sink);
    expect(await server.versions('kept')).toEqual(later);
  },
);

test.skipIf(!hasMoto)('nothing is put into a bucket that locks nothing', { timeout: 120_000 }, async () => {
  const server = await s3();
  await server.start();
  await server.makeBucket('open', false);
  const stores = await recordedStores();
  await dailyLogged(stores, 'daily-1', 1);
  const { reason, copies } = await serving(stores, {
    bucket: 'open',
    prefix: '',
    region: 'us-east-1',
    endpoint: server.endpoint,
    credentials: CREDENTIALS,
    mode: 'GOVERNANCE',
    days: 1,
    delayMilliseconds: 0,
  });
  await expect
    .poll(reason, { timeout: 60_000 })
    .toMatch(/The bucket open has no Object Lock: make one with it/);
  expect(await copies('failed')).toBeGreaterThan(0);
  expect(await server.versions('open')).toEqual([]);
});

/** What somebody who can write the store, and not the bucket, writes there of the copies of a log of three entries, of which none is copied. */
const FORGED: readonly { readonly what: string; readonly sizes: readonly number[] }[] = [
  { what: 'the newest head', sizes: [3] },
  { what: 'an older head', sizes: [2] },
  { what: 'every head', sizes: [1, 2, 3] },
];

test.skipIf(!hasMoto).each(FORGED)(
  'that $what is copied is believed where the bucket has it: who writes it into the store keeps nothing from being copied',
  { timeout: 120_000 },
  async ({ sizes }) => {
    const server = await s3();
    await server.start();
    await server.makeBucket('kept', true);
    const stores = await recordedStores();
    for (const size of [1, 2, 3]) {
      await dailyLogged(stores, `daily-${size}`, size);
      const { checkpoint } = (await stores.ledger.head())!;
      const by = `copies ${server.endpoint} kept/margay/`;
      if (sizes.includes(size)) await stores.ledger.confirm({ size, checkpoint, by, kind: 'copy', text: '' });
    }
    const { copies } = await serving(stores, sinkAt(server.endpoint));
    await expect
      .poll(() => server.versions('kept'), { timeout: 60_000 })
      .toEqual([
        'margay/recorded/log/0000000000000003.checkpoint.txt',
        ...[1, 2, 3].map((size) => `margay/recorded/reports/daily-${size}/1/evidence.zip`),
      ]);
    expect(await copies('changed')).toBe(sizes.length);
  },
);

test.skipIf(!hasMoto)(
  'a log that cannot be read is told of, and the log of another cluster is copied',
  { timeout: 120_000 },
  async () => {
    const server = await s3();
    await server.start();
    await server.makeBucket('kept', true);
    const [unreadable, whole] = [await recordedStores(), await recordedStores()];
    await dailyLogged(whole, 'daily-1', 1);
    const ledger = { ...unreadable.ledger, head: () => Promise.reject(new Error('the disk has holes')) };
    const { reason } = await serving(
      { ...unreadable, ledger },
      sinkAt(server.endpoint),
      new Map([['other', whole]]),
    );
    await expect
      .poll(() => server.versions('kept'), { timeout: 60_000 })
      .toEqual([
        'margay/other/log/0000000000000001.checkpoint.txt',
        'margay/other/reports/daily-1/1/evidence.zip',
      ]);
    expect(await reason()).toBe('Reports of recorded are not copied: the disk has holes.');
  },
);
