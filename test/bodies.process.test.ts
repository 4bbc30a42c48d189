import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from './testing/free-port.ts';
import { ownFolder } from './testing/margay.ts';
import { lines } from './testing/installation.ts';
import { startService, type ServiceProcess } from './testing/services.ts';

/** What the chart gives the api and an ingestor, and what Node takes of that for its heap in a container. */
const MEGABYTES_MAX = 1_024;
const AS_IN_CHART = { NODE_OPTIONS: '--max-old-space-size=512' };
/** Nobody listens there. */
const NOBODY = '127.0.0.1:1';
const MB = 1024 ** 2;
/** As large as is taken. */
const LARGE = 62 * MB;

/** The most memory that a process has had, in megabytes. */
const megabytesOf = (service: ServiceProcess): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${service.pid()}/status`, 'utf8'))![1]) / 1_024;

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  /** Without its length. */
  readonly chunked?: boolean;
}

/** The status of the answer; 0 where the connection was cut. */
function post(url: string, body: Buffer, { headers = {}, chunked = false }: Sent = {}): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const length = chunked ? {} : { 'content-length': body.length };
  const asked = request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...length, ...headers },
  });
  asked.on('response', (answer) => resolve(answer.resume().statusCode ?? 0));
  asked.on('error', () => resolve(0));
  asked.end(body);
  return promise;
}

/** Begins bodies and never ends them. */
function stall(url: string, count: number, headers: Readonly<Record<string, string>>): void {
  for (let i = 0; i < count; i++) {
    const asked = request(url, { method: 'POST', headers: { 'content-length': String(LARGE), ...headers } });
    asked.on('error', () => {});
    asked.write('{"items":[');
    onTestFinished(() => void asked.destroy());
  }
}

/** Asks a process whether it is there until it is told to stop; gives the longest wait in seconds. */
function watched(url: string): () => Promise<number> {
  let worst = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const begun = performance.now();
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      worst = Math.max(worst, performance.now() - begun);
      await sleep(50);
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return worst / 1_000;
  };
}

const listOf = (items: string): Buffer =>
  Buffer.from(`{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[${items}]}`);
const filledWith = (unit: string): Buffer =>
  listOf(unit.repeat(Math.floor(LARGE / unit.length)).replace(/,$/, ''));
const EVENTS = lines.map(({ text }) => text).join(',');
const AT_ONCE = 3;

test('an ingestor takes large, dense, packed and slow bodies within its memory, before and after it knows whose they are', async () => {
  const folder = ownFolder();
  const tokens = join(folder, 'tokens');
  writeFileSync(tokens, 'good\n');
  const port = await freePort();
  const ingestor = startService('audit-ingestor', {
    ...AS_IN_CHART,
    CLUSTER_NAME: 'c',
    KAFKA_BROKERS: NOBODY,
    POSITIONS_DIRECTORY: join(folder, 'positions'),
    AUDIT_WEBHOOK_PORT: String(port),
    AUDIT_WEBHOOK_HOST: '127.0.0.1',
    AUDIT_WEBHOOK_TOKENS_FILE: tokens,
    AUDIT_WEBHOOK_INSECURE: 'true',
  });
  const health = await ingestor.url();
  const url = `http://127.0.0.1:${port}/audit/v1/clusters/c/sources/a`;
  const good = { authorization: 'Bearer good' };
  const longest = watched(health);

  const braces = filledWith('{},');
  stall(url, 100, {});
  for (const chunked of [false, true]) {
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(url, braces, { chunked })));
    // Some are cut off while they send on.
    expect(answers.filter((status) => status !== 401 && status !== 0)).toEqual([]);
  }
  const known = megabytesOf(ingestor);

  stall(url, 10, good);
  const bodies: readonly (readonly [Buffer, Readonly<Record<string, string>>])[] = [
    [braces, good],
    [gzipSync(braces), { ...good, 'content-encoding': 'gzip' }],
    [filledWith(`${EVENTS},`), good],
    [Buffer.from(`{"items":[{"a":"${'x'.repeat(LARGE)}"}]}`), good],
  ];
  for (const [body, headers] of bodies) {
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE }, () => post(url, body, { headers, chunked: true })),
    );
    // No broker, or no room for it at the moment: it comes again. Larger, or of more values, than is taken: it never does.
    for (const status of answers) expect([503, 413, 0]).toContain(status);
  }
  expect(await longest()).toBeLessThan(10);
  expect(known).toBeLessThan(MEGABYTES_MAX / 2);
  expect(megabytesOf(ingestor)).toBeLessThan(MEGABYTES_MAX);
  expect((await fetch(`${health}/healthz`)).status).toBe(200);
}, 180_000);

test('an api reads no large body, before or after it knows whose it is, and others are answered', async () => {
  const api = startService('api', {
    ...AS_IN_CHART,
    CLUSTER_NAME: 'c',
    ELASTICSEARCH_URLS: `http://${NOBODY}`,
    API_PERMISSIONS: 'token',
    API_TOKEN: 'good-token-of-some-length-0123456789',
  });
  const url = await api.url();
  const good = { authorization: 'Bearer good-token-of-some-length-0123456789' };
  const longest = watched(url);
  const before = megabytesOf(api);
  const braces = filledWith('{},');
  for (const path of ['/api/v1/session', '/api/v1/runs'])
    for (const headers of [{}, good]) {
      stall(`${url}${path}`, 30, headers);
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, (_, i) =>
          post(`${url}${path}`, braces, { headers, chunked: i % 2 === 1 }),
        ),
      );
      for (const status of answers)
        expect([0, 400, 401, 404, 408, 411, 413, 415, 429, 503]).toContain(status);
    }
  expect(await longest()).toBeLessThan(5);
  expect(megabytesOf(api) - before).toBeLessThan(150);
}, 120_000);
