import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as reach } from 'node:net';
import { connect, type SecureVersion } from 'node:tls';
import { byToken, doorOf, doorSettings, tlsOf } from '@margay/api';
import { openLog, readConfig } from '@margay/runtime';
import { startApplication } from '@margay/runtime/nest';
import { openEmbedded } from '@margay/storage';
import { afterAll, afterEach, expect, onTestFinished, test, vi } from 'vitest';
import * as z from 'zod';
import { apiOver } from './testing/api-application.ts';
import { selfSigned } from './testing/certificates.ts';

const TOKEN = 'a token of sixteen characters or more';
const folder = mkdtempSync(join(tmpdir(), 'margay-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => void vi.useRealTimers());

const names = ['IP:127.0.0.1', 'DNS:margay.example.org'];
const first = selfSigned(folder, 'first', ...names);
const second = selfSigned(folder, 'second', ...names);
const FILES = { API_TLS_CERT_FILE: join(folder, 'tls.crt'), API_TLS_KEY_FILE: join(folder, 'tls.key') };

/** The api as these settings have it, with the first certificate. */
async function serve(environment: Record<string, string> = {}, requestMilliseconds?: number) {
  copyFileSync(first.cert, FILES.API_TLS_CERT_FILE);
  copyFileSync(first.key, FILES.API_TLS_KEY_FILE);
  const settings = readConfig(z.object(doorSettings), { ...FILES, ...environment });
  const stores = openEmbedded(':memory:');
  const lines: string[] = [];
  const stopping = new AbortController();
  const { url, ended } = await startApplication({
    modules: [apiOver({ stores, access: byToken(TOKEN), door: doorOf(settings) })],
    log: openLog({ service: 'api', to: { write: (line: string) => void lines.push(line) } }),
    host: '127.0.0.1',
    port: 0,
    tls: tlsOf(settings)!,
    ...(requestMilliseconds !== undefined && { requestMilliseconds }),
    signal: stopping.signal,
  });
  onTestFinished(async () => {
    stopping.abort();
    await ended;
    await stores.close();
  });
  return { url, port: Number(new URL(url).port), lines };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** Asks by TLS. */
function ask(url: string, host = '127.0.0.1', method = 'GET'): Promise<Answer> {
  const headers = { host, authorization: `Bearer ${TOKEN}` };
  const options = { method, ca: readFileSync(first.cert), servername: 'margay.example.org', headers };
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, agent: false }, (answer) =>
      answer.resume().on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers })),
    );
    sent.on('error', reject).end();
  });
}

/** Whose certificate is shown, and by which version, to who speaks these. */
const shown = (port: number, maxVersion: SecureVersion = 'TLSv1.3') =>
  new Promise<[name: string | undefined, version: string | null]>((resolve, reject) => {
    const weak = { minVersion: 'TLSv1' as const, maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' };
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...weak }, () => {
      resolve([String(socket.getPeerCertificate().subject.CN), socket.getProtocol()]);
      socket.destroy();
    });
    socket.on('error', reject);
  });

test('pages, health and metrics are served by TLS 1.2 or newer, and without TLS nothing is', async () => {
  const { url, port } = await serve();
  expect(url).toBe(`https://127.0.0.1:${port}`);
  for (const path of ['/', '/healthz', '/metrics', '/api/v1/runs'])
    expect((await ask(`${url}${path}`)).status).toBe(200);
  expect(await shown(port, 'TLSv1.2')).toEqual(['first', 'TLSv1.2']);
  await expect(shown(port, 'TLSv1.1')).rejects.toThrow(/version/i);
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed');
});

test.each([
  ['never begins to shake hands', ''],
  ['stops in the middle of it', '\x16\x03\x01'],
])(
  'who %s is let go as a request that does not come is',
  async (_, begun) => {
    const { port } = await serve({}, 400);
    const socket = reach(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {}).resume();
    socket.write(begun);
    const started = performance.now();
    await ended;
    expect(performance.now() - started).toBeLessThan(20_000);
  },
  30_000,
);

test.each([
  ['its own name', 'https://Margay.example.org', 'margay.example.org', 'max-age=31536000'],
  ['another name', 'https://margay.example.org', '127.0.0.1', undefined],
  ['its name on a port of its own', 'https://margay.example.org:8443', 'margay.example.org:8443', undefined],
  ['this machine', 'https://localhost', 'localhost', undefined],
  ['a name that people open without TLS', 'http://margay.example.org', 'margay.example.org', undefined],
])('of %s, browsers are told to ask by TLS alone where that breaks nothing', async (_, url, host, said) => {
  const { url: here } = await serve({ API_URL: url });
  for (const path of ['/', '/api/v1/runs'])
    expect((await ask(`${here}${path}`, host)).headers['strict-transport-security']).toBe(said);
});

test('who signs in by TLS has a cookie that goes by TLS alone', async () => {
  const { url } = await serve();
  const { status, headers } = await ask(`${url}/api/v1/session`, '127.0.0.1', 'POST');
  expect(status).toBe(200);
  expect(headers['set-cookie']!.join()).toMatch(/^__Host-.*; Secure/);
});

test('a renewed certificate is shown without a restart, and one that fits no key never', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  const { port, lines } = await serve();
  const said = () => lines.filter((line) => /certificate/.test(line)).map((line) => JSON.parse(line));
  const minute = () => vi.advanceTimersByTime(60_000);
  copyFileSync(second.cert, FILES.API_TLS_CERT_FILE);
  minute();
  expect([await shown(port), said()]).toEqual([['first', 'TLSv1.3'], []]);
  for (let i = 0; i < 3; i++) minute();
  expect(said()).toMatchObject([{ level: 'warn', reason: expect.stringMatching(/tls\.crt.*tls\.key/) }]);
  copyFileSync(second.key, FILES.API_TLS_KEY_FILE);
  minute();
  expect(await shown(port)).toEqual(['second', 'TLSv1.3']);
  expect(said().at(-1)).toMatchObject({ level: 'info', message: 'The certificate was read again' });
});

test.each([
  ['is not there', 'nowhere', /nowhere.*cannot be served.*no such file/],
  ['is of another certificate', second.key, /cannot be served.*give PEM files of one pair/],
])('a key that %s keeps it from starting, and is named', async (_, key, words) => {
  await expect(serve({ API_TLS_KEY_FILE: key })).rejects.toThrow(words);
});
