import { utimesSync, writeFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { openMetrics, silentLog, type Log } from '@margay/runtime';
import type { ServeOptions } from '@margay/runtime/nest';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { newAuthority } from '../testing/certificates.ts';
import { fileOf } from '../testing/files.ts';
import { post } from '../testing/post.ts';
import { allOf, anybody, bearerTokens, clientCertificates } from '../http/credentials.ts';
import { openReceiver, type Received, type ReceiverOptions } from './receiver.ts';

const authority = newAuthority();
afterAll(() => authority.remove());

interface Setting extends Partial<ReceiverOptions> {
  readonly deliver?: (received: Received) => Promise<void>;
  readonly tls?: ServeOptions['tls'];
  readonly requestMilliseconds?: number;
}

/** A receiver on the loopback interface that keeps what it delivers. */
async function setUp({ deliver, tls, requestMilliseconds, ...options }: Setting = {}) {
  const delivered: Received[] = [];
  const metrics = openMetrics({ defaults: false });
  const server = await openReceiver(
    async (received) => (await deliver?.(received), void delivered.push(received)),
    {
      path: '/in/:cluster/:source',
      name: 'test',
      credentials: anybody,
      metrics,
      log: silentLog,
      ...options,
      host: '127.0.0.1',
      port: 0,
      ...(tls && { tls }),
      ...(requestMilliseconds !== undefined && { requestMilliseconds }),
    },
  );
  onTestFinished(() => server.close());
  return { url: `${server.url}/in/a/n1`, base: server.url, delivered, metrics };
}

const textsOfAll = (delivered: Received[]) =>
  delivered.map((received) => (received.kind === 'text' ? received.text : received.reason));

test.each([
  ['{"a":1}', 'application/json'],
  ['{\n  "a": [\n    {}\n  ]\n}\n', 'application/json'],
  ['broken\n{"b":2}\r\n\n', 'application/x-ndjson'],
  ['', 'application/json'],
  ['no JSON', 'text/plain'],
])('%j as %s is delivered as it is: what it means is for others to judge', async (body, type) => {
  const { url, delivered } = await setUp();
  const answer = await post(`${url}?timeout=30s`, body, { headers: { 'content-type': type } });
  expect(answer).toMatchObject({ status: 200, body: '{"delivered":true}' });
  expect(delivered).toEqual([
    { cluster: 'a', source: 'n1', kind: 'text', text: body, sizeBytes: Buffer.byteLength(body) },
  ]);
});

test('200 comes after the delivery, not before', async () => {
  const { promise: durable, resolve } = Promise.withResolvers<void>();
  const { url } = await setUp({ deliver: () => durable });
  let answered = false;
  const answer = post(url, '{}').then((got) => ((answered = true), got));
  await sleep(100);
  expect(answered).toBe(false);
  resolve();
  expect((await answer).status).toBe(200);
});

test('a delivery that fails is answered 503, to be sent again', async () => {
  let healthy = false;
  const deliver = async () => {
    if (!healthy) throw new Error('no broker');
  };
  const { url, delivered, metrics } = await setUp({ deliver });
  const answer = await post(url, '{"a":1}');
  expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '3' } });
  expect(answer.body).not.toContain('broker');
  healthy = true;
  expect((await post(url, '{"a":1}')).status).toBe(200);
  expect(textsOfAll(delivered)).toEqual(['{"a":1}']);
  expect(await metrics.exposition()).toContain('refused_total{receiver="test",reason="unavailable"} 1');
});

test('a delivery that takes too long is answered 503 and goes on', async () => {
  const { promise: durable, resolve } = Promise.withResolvers<void>();
  const { url, delivered } = await setUp({ deliver: () => durable, deliveryMilliseconds: 50 });
  expect((await post(url, '{"a":1}')).status).toBe(503);
  resolve();
  await expect.poll(() => textsOfAll(delivered)).toEqual(['{"a":1}']);
});

test.each([
  ['with its length', false],
  ['in chunks', true],
])('a body of 24 MB comes whole, %s', async (_, chunked) => {
  const { url, delivered } = await setUp();
  const body = JSON.stringify({
    items: Array.from({ length: 400 }, (_, i) => ({ i, text: 'é'.repeat(30_000) })),
  });
  expect(Buffer.byteLength(body)).toBeGreaterThan(24_000_000);
  expect((await post(url, body, { chunked })).status).toBe(200);
  expect(textsOfAll(delivered)[0] === body).toBe(true);
});

test('gzip is unpacked, said or not', async () => {
  const { url, delivered } = await setUp();
  await post(url, gzipSync('{"a":1}'), { headers: { 'content-encoding': 'gzip' } });
  await post(url, gzipSync('{"b":1}'));
  expect(textsOfAll(delivered)).toEqual(['{"a":1}', '{"b":1}']);
});

const LIMIT = 100_000;

test.each<[string, string | Uint8Array, boolean, string | undefined]>([
  ['at the limit', 'x'.repeat(LIMIT), false, undefined],
  ['over the limit by its length', 'x'.repeat(LIMIT + 1), false, 'too-large'],
  ['over the limit in chunks', 'x'.repeat(LIMIT + 1), true, 'too-large'],
  ['small, but too large unpacked', gzipSync('x'.repeat(LIMIT + 1)), false, 'too-large'],
  ['broken gzip', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from('no gzip')]), false, 'not-gzip'],
])(
  'what can never be read is recorded, and answered 413 where it is too large: %s',
  async (_, body, chunked, reason) => {
    const errors: string[] = [];
    const log: Log = { ...silentLog, error: (message) => void errors.push(message) };
    const { url, delivered } = await setUp({ bodyBytesMax: LIMIT, log });
    const answer = await post(url, body, { chunked });
    expect(answer.status).toBe(reason === 'too-large' ? 413 : 200);
    if (answer.status === 413)
      expect(answer.body).toMatch(/the body has \d+ bytes or more, and 100000 are taken/);
    expect(delivered).toMatchObject([reason === undefined ? { kind: 'text' } : { kind: 'unusable', reason }]);
    expect(errors).toHaveLength(reason === undefined ? 0 : 1);
  },
);

test('what finds no room is answered 503 at once, and later taken', async () => {
  const { promise: durable, resolve } = Promise.withResolvers<void>();
  const { url, delivered, metrics } = await setUp({ deliver: () => durable, inFlightBytesMax: 1_000_000 });
  const first = post(url, `"${'x'.repeat(900_000)}"`);
  await expect.poll(() => metrics.exposition()).toContain('in_flight_bytes{receiver="test"} 900002');

  const began = Date.now();
  for (const chunked of [false, true]) {
    const busy = await post(url, `"${'y'.repeat(200_000)}"`, { chunked });
    expect(busy).toMatchObject({ status: 503, headers: { 'retry-after': '3' } });
  }
  expect(Date.now() - began).toBeLessThan(15_000);
  const small = post(url, '"small"');
  await sleep(50);

  resolve();
  expect((await first).status).toBe(200);
  expect((await small).status).toBe(200);
  expect((await post(url, `"${'y'.repeat(200_000)}"`)).status).toBe(200);
  expect(delivered).toHaveLength(3);
  expect(await metrics.exposition()).toContain('in_flight_bytes{receiver="test"} 0');
});

test('a body larger than the whole room is taken when it is alone', async () => {
  const { url, delivered } = await setUp({ inFlightBytesMax: 10 });
  expect((await post(url, '"more than ten bytes"')).status).toBe(200);
  const packed = gzipSync('"packed, and more than ten bytes"');
  expect((await post(url, packed, { headers: { 'content-encoding': 'gzip' } })).status).toBe(200);
  expect(delivered).toHaveLength(2);
});

test('a sender that goes away in the middle leaves nothing behind', async () => {
  const { url, delivered, metrics } = await setUp();
  const request = plainRequest(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': '1000' },
  });
  request.on('error', () => {});
  request.write('{"half":');
  await expect.poll(() => metrics.exposition()).toContain('in_flight_bytes{receiver="test"} 1000');
  request.destroy();
  await expect.poll(() => metrics.exposition()).toContain('in_flight_bytes{receiver="test"} 0');
  expect(delivered).toEqual([]);
});

test('a sender that is too slow is cut off and leaves nothing behind', async () => {
  const { url, delivered, metrics } = await setUp({ requestMilliseconds: 200 });
  const request = plainRequest(url, { method: 'POST', headers: { 'content-length': '1000' } });
  const ended = new Promise<unknown>((resolve) => {
    request.on('error', resolve);
    request.on('response', ({ statusCode }) => resolve(statusCode));
  });
  request.write('{"half":');
  const outcome = await ended;
  if (!(outcome instanceof Error)) expect(outcome).toBe(408);
  await expect.poll(() => metrics.exposition()).toContain('in_flight_bytes{receiver="test"} 0');
  expect(delivered).toEqual([]);
});

test.each<[string | undefined, string, number, string]>([
  ['Bearer one', 'a', 200, 'good for all clusters'],
  ['bearer two', 'b', 200, 'the second token, for its cluster'],
  ['Bearer two', 'c', 200, 'for its other cluster'],
  ['Bearer two', 'a', 403, 'for another cluster'],
  ['Bearer wrong', 'a', 401, 'a wrong token'],
  ['Bearer onee', 'a', 401, 'a longer token'],
  ['Basic b25lOg==', 'a', 401, 'no bearer token'],
  [undefined, 'a', 401, 'no credentials'],
])('%s for cluster %s is answered %d (%s)', async (authorization, cluster, status) => {
  const tokens = fileOf('# the tokens\none   # everything\n\ntwo b,c\n');
  const { base, delivered } = await setUp({ credentials: bearerTokens(tokens) });
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  const answer = await post(`${base}/in/${cluster}/n1`, '{}', { headers });
  expect(answer.status).toBe(status);
  expect(delivered).toHaveLength(status === 200 ? 1 : 0);
});

test('tokens can be changed while it runs', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const tokens = fileOf('old\n');
  const { url } = await setUp({ credentials: bearerTokens(tokens) });
  const status = async (token: string) =>
    (await post(url, '{}', { headers: { authorization: `Bearer ${token}` } })).status;
  expect([await status('old'), await status('new')]).toEqual([200, 401]);
  writeFileSync(tokens, 'new\n');
  utimesSync(tokens, 1, 1);
  vi.setSystemTime(Date.now() + 6_000);
  expect([await status('old'), await status('new')]).toEqual([401, 200]);
});

test('where several clusters may be posted for, a token or a name of none is refused, and one that comes later is good for nothing', async () => {
  expect(() => bearerTokens(fileOf('one\ntwo b\n'), false)).toThrow('has a token that names no cluster');
  expect(() => clientCertificates(['apiserver'], false)).toThrow('write apiserver=CLUSTER');
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const tokens = fileOf('two b\n');
  const { base } = await setUp({ credentials: bearerTokens(tokens, false) });
  const status = async (token: string, cluster: string) =>
    (await post(`${base}/in/${cluster}/n1`, '{}', { headers: { authorization: `Bearer ${token}` } })).status;
  expect([await status('two', 'b'), await status('two', 'a')]).toEqual([200, 403]);
  writeFileSync(tokens, 'one\ntwo b\n');
  utimesSync(tokens, 1, 1);
  vi.setSystemTime(Date.now() + 6_000);
  expect([await status('one', 'a'), await status('one', 'b'), await status('two', 'b')]).toEqual([
    403, 403, 200,
  ]);
});

test.each([
  ['one of several is left', ['b', 'c'], false],
  ['one is left', ['b'], true],
])('where %s, a token of a cluster that was removed is good for nothing', async (_, clusters, isOnly) => {
  const tokens = fileOf('removed a\nstays b\n');
  const { base, delivered } = await setUp({ clusters, credentials: bearerTokens(tokens, isOnly) });
  const status = async (token: string, cluster: string) =>
    (await post(`${base}/in/${cluster}/n1`, '{}', { headers: { authorization: `Bearer ${token}` } })).status;
  expect([await status('removed', 'a'), await status('removed', 'b')]).toEqual([404, 403]);
  expect([await status('stays', 'a'), await status('stays', 'b')]).toEqual([403, 200]);
  expect(delivered).toMatchObject([{ cluster: 'b' }]);
});

test.each(['', '# nothing\n'])('a file of tokens without one is refused: %j', (content) => {
  expect(() => bearerTokens(fileOf(content))).toThrow('has no token');
});

test('a cluster that is not known here is answered 404', async () => {
  const { base, delivered } = await setUp({ clusters: ['b'] });
  expect((await post(`${base}/in/a/n1`, '{}')).status).toBe(404);
  expect((await post(`${base}/in/b/n1`, '{}')).status).toBe(200);
  expect(delivered).toHaveLength(1);
});

test('over TLS, a client certificate of the right authority and name is let in', async () => {
  const server = authority.issue('ingestor', 'IP:127.0.0.1');
  const apiserver = authority.issue('apiserver-a', 'DNS:node-1.example');
  const stranger = authority.issue('stranger', 'DNS:elsewhere');
  const other = newAuthority();
  onTestFinished(() => other.remove());
  const forged = other.issue('apiserver-a', 'DNS:node-1.example');
  const { base, delivered } = await setUp({
    credentials: clientCertificates(['apiserver-a=a', 'node-1.example=b']),
    tls: { ...server, clientCa: authority.ca },
  });
  expect(base).toMatch(/^https:/);
  const ca = authority.ca;
  const status = async (cluster: string, client = apiserver) =>
    (await post(`${base}/in/${cluster}/n1`, '{}', { ca, client })).status;
  expect(await status('a')).toBe(200);
  expect(await status('b')).toBe(200);
  expect(await status('c')).toBe(403);
  expect(await status('a', stranger)).toBe(401);
  await expect(status('a', forged)).rejects.toThrow();
  await expect(post(`${base}/in/a/n1`, '{}', { ca })).rejects.toThrow();
  await expect(post(`${base}/in/a/n1`, '{}', { client: apiserver })).rejects.toThrow(/self-signed|unable to/);
  expect(delivered).toHaveLength(2);
});

test('token and certificate together must both be right', async () => {
  const server = authority.issue('ingestor', 'IP:127.0.0.1');
  const client = authority.issue('apiserver', 'DNS:apiserver');
  const { url } = await setUp({
    credentials: allOf([clientCertificates([]), bearerTokens(fileOf('one'))]),
    tls: { ...server, clientCa: authority.ca },
  });
  const given = { ca: authority.ca, client };
  expect((await post(url, '{}', given)).status).toBe(401);
  expect((await post(url, '{}', { ...given, headers: { authorization: 'Bearer one' } })).status).toBe(200);
});

test('without TLS no certificate is found', async () => {
  const { url } = await setUp({ credentials: clientCertificates([]) });
  expect((await post(url, '{}')).status).toBe(401);
});
