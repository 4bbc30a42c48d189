import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseInstant } from '@margay/ground';
import { openMetrics, readConfig, silentLog } from '@margay/runtime';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { config } from '../../config.ts';
import type { Ingest, RawText } from '../raw-text.ts';
import { serveAuditWebhook } from './audit-webhook.ts';

const folder = mkdtempSync(join(tmpdir(), 'margay-webhook-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const openssl = 'openssl';
const request509 = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' ');
const named = ['-subj', '/CN=ingestor', '-addext', 'subjectAltName=IP:127.0.0.1'];
execFileSync(openssl, [...request509, ...named, '-keyout', at('key'), '-out', at('cert')], {
  stdio: 'pipe',
});
writeFileSync(at('tokens'), 'secret-of-a  a\n');

/** The webhook as it is configured, and what it handed on. */
async function setUp(ingest?: Ingest) {
  const taken: [string, RawText][] = [];
  const settings = readConfig(config, {
    KAFKA_BROKERS: 'unused:1',
    CLUSTER_NAME: 'a',
    AUDIT_WEBHOOK_HOST: '127.0.0.1',
    AUDIT_WEBHOOK_PORT: '0',
    AUDIT_WEBHOOK_TLS_CERT_FILE: at('cert'),
    AUDIT_WEBHOOK_TLS_KEY_FILE: at('key'),
    AUDIT_WEBHOOK_TOKENS_FILE: at('tokens'),
    AUDIT_WEBHOOK_BODY_BYTES_MAX: String(32 * 1024 * 1024),
  });
  const server = await serveAuditWebhook(
    settings,
    async (cluster, texts) => {
      await ingest?.(cluster, texts);
      taken.push(...texts.map((text): [string, RawText] => [cluster, text]));
    },
    { metrics: openMetrics({ defaults: false }), log: silentLog },
  );
  onTestFinished(() => server!.close());
  return { url: server!.url, taken };
}

/** Posts as the API server does: over TLS, with a token and a query that the client adds. */
function post(url: string, body: string, token = 'secret-of-a'): Promise<number> {
  const options: RequestOptions = {
    method: 'POST',
    ca: readFileSync(at('cert')),
    agent: false,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}?timeout=30s`, options, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

test('a request is one text, with its API server as the source and a position of its own', async () => {
  const { url, taken } = await setUp();
  const list = JSON.stringify({
    kind: 'EventList',
    apiVersion: 'audit.k8s.io/v1',
    metadata: {},
    items: [{}, {}],
  });
  const address = (node: string) => `${url}/audit/v1/clusters/a/sources/${node}`;
  expect(await post(address('node-1'), list)).toBe(200);
  const lines = '{"kind":"Event"}\n{"kind":"Event"}\n';
  expect(await post(address('node-2'), lines)).toBe(200);
  expect(taken.map(([cluster, { text, origin }]) => [cluster, origin.source, text])).toEqual([
    ['a', 'webhook:node-1', list],
    ['a', 'webhook:node-2', lines],
  ]);
  const [first, second] = taken.map(([, { origin }]) => origin.position);
  expect(first).not.toBe(second);
});

test.each([
  ['begins with an event', '{"items":[{"requestReceivedTimestamp":"2026-11-26T10:00:00.500000Z"},', true],
  ['begins with something else', 'x', false],
])('what is too large and %s is handed on as a record of its loss', async (_, begin, hasTime) => {
  const { url, taken } = await setUp();
  const sizeBytes = 32 * 1024 * 1024 + 1;
  const body = begin.padEnd(sizeBytes, ' ');
  const send = () => post(`${url}/audit/v1/clusters/a/sources/n`, body);
  const began = Date.now();
  expect(await send()).toBe(413);
  const after = hasTime ? { after: parseInstant('2026-11-26T09:59:00.5Z')! } : {};
  expect(taken).toMatchObject([['a', { text: '', unusable: { reason: 'too-large', sizeBytes, ...after } }]]);
  const [[, { origin, unusable }]] = taken as [[string, RawText]];
  expect(unusable!.before! / 1_000 - began - 60_000).toBeLessThan(5_000);
  if (!hasTime) return;
  // The API server sends it again: it is the same loss.
  await send();
  expect(taken[1]![1].origin).toEqual(origin);
});

test('what was not ingested is sent again', async () => {
  let broken = true;
  const { url, taken } = await setUp(async () => {
    if (broken) throw new Error('no broker');
  });
  const address = `${url}/audit/v1/clusters/a/sources/n`;
  expect(await post(address, '{}')).toBe(503);
  broken = false;
  expect(await post(address, '{}')).toBe(200);
  expect(taken).toHaveLength(1);
});

test.each([
  ['/audit/v1/clusters/a/sources/n', 'wrong', 401],
  ['/audit/v1/clusters/b/sources/n', 'secret-of-a', 403],
  ['/audit/v1/clusters/a', 'secret-of-a', 404],
])('%s with token %s is answered %d', async (path, token, status) => {
  const { url, taken } = await setUp();
  expect(await post(`${url}${path}`, '{}', token)).toBe(status);
  expect(taken).toEqual([]);
});

test('without a port there is no webhook', async () => {
  const settings = readConfig(config, { KAFKA_BROKERS: 'unused:1', KUBERNETES_WATCH: 'true' });
  const taken: Ingest = async () => {};
  const process = { metrics: openMetrics({ defaults: false }), log: silentLog };
  expect(await serveAuditWebhook(settings, taken, process)).toBeUndefined();
});
