import { byKubernetes, byToken } from '@margay/api';
import { OPERATIONS, type Operation } from '@margay/api-contract';
import { KubernetesClient, Permissions } from '@margay/kubernetes';
import { failureOf, openLog } from '@margay/runtime';
import { openEmbedded } from '@margay/storage';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { apiHere } from './testing/api-application.ts';
import { addressWithin } from './testing/crossing.ts';

/** What the client of a server says that answers nothing, or that it cannot now, and one that refuses what it was asked. */
const saidBy = (passes: boolean, statusCode?: number) =>
  Object.assign(
    failureOf({
      part: 'Elasticsearch',
      at: ['http://elastic.internal:9200'],
      doing: 'refreshing margay-windows',
      said: 'connect ECONNREFUSED',
      passes,
    }),
    statusCode !== undefined && { statusCode },
  );

/** What the stores do instead of answering; nothing where they answer. */
let fail: (() => Error) | undefined;

/** It, with all of its parts, of which every question fails while it is so. */
function failing<T extends object>(part: T): T {
  return new Proxy(part, {
    get: (_, name) => {
      const value: unknown = Reflect.get(part, name, part);
      if (typeof value === 'object' && value !== null) return failing(value);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) =>
        fail === undefined ? (Reflect.apply(value, part, given) as unknown) : failed(fail());
    },
  });
}

/** Awaited, or read piece by piece. */
function failed(error: Error): unknown {
  const rejected = Promise.reject(error);
  rejected.catch(() => {});
  return Object.assign(rejected, { [Symbol.asyncIterator]: () => ({ next: () => rejected }) });
}

/** What is answered without any store; and of all clusters those are told that can be looked at, with which cannot. */
const WITHOUT_STORES: ReadonlySet<string> = new Set(['waysToSignIn', 'clusters']);

const operations = Object.entries<Operation>(OPERATIONS).filter(([id]) => !WITHOUT_STORES.has(id));

let http: NestFastifyApplication;
beforeAll(async () => {
  http = await apiHere({ stores: failing(openEmbedded(':memory:')), access: byToken('secret') });
});
afterAll(async () => {
  fail = undefined;
  await http.close();
});

async function answersOf(): Promise<Map<string, Awaited<ReturnType<typeof http.inject>>>> {
  const answers = new Map<string, Awaited<ReturnType<typeof http.inject>>>();
  for (const [id, operation] of operations) {
    // Whoever has a session is looked for in a store, too.
    const headers =
      id === 'signOut' ? { cookie: `margay-session=${'A'.repeat(43)}` } : { authorization: 'Bearer secret' };
    const { method } = operation;
    answers.set(
      id,
      await http.inject({
        method: method.toUpperCase() as 'GET',
        url: addressWithin(operation, ['run']),
        headers,
      }),
    );
  }
  return answers;
}

test.each([
  ['answers nothing', undefined],
  ['is overloaded', 429],
  ['is starting', 503],
  ['has a full disk', 403],
] as const)(
  'while Elasticsearch %s every operation is answered 503, with what is away and when to come again',
  async (_, status) => {
    fail = () => saidBy(true, status);
    const answers = await answersOf();
    const shown = [...answers].map(([id, { statusCode, headers, json, body }]) => [
      id,
      statusCode,
      headers['content-type'],
      headers['retry-after'],
      statusCode === 503 ? json<{ detail: string }>().detail.split(',')[0] : body,
    ]);
    expect(shown).toEqual(
      operations.map(([id]) => [
        id,
        503,
        'application/problem+json; charset=utf-8',
        expect.stringMatching(/^[1-9]\d*$/),
        'Elasticsearch does not answer',
      ]),
    );
    // Where it is, and what was asked of it, is for the log.
    for (const { body } of answers.values()) expect(body).not.toMatch(/internal|9200|margay-windows|ECONN/);
  },
);

test.each([400, 401, 403, 404, 413])(
  'what Elasticsearch refuses (%d) is no fault of whoever asks, and of the inside',
  async (status) => {
    fail = () => saidBy(false, status);
    for (const [id, { statusCode, body }] of await answersOf()) {
      expect([id, statusCode]).toEqual([id, 500]);
      expect(body).not.toMatch(/internal|9200|margay-windows|ECONN/);
    }
  },
);

test('an API server that is away is told of as other parts are: where it is stands in the log alone', async () => {
  fail = undefined;
  const server = new URL('http://127.0.0.1:1');
  const lines: string[] = [];
  const asks = await apiHere({
    stores: openEmbedded(':memory:'),
    access: byKubernetes(new Permissions(new KubernetesClient({ server, namespace: 'default' }))),
    log: openLog({ service: 'api', to: { write: (line: string) => void lines.push(line) } }),
  });
  onTestFinished(() => asks.close());
  const { statusCode, headers, json, body } = await asks.inject({
    url: '/api/v1/runs',
    headers: { authorization: 'Bearer anna' },
  });
  expect([statusCode, json<{ detail: string }>().detail.split(',')[0]]).toEqual([
    503,
    'Kubernetes API does not answer',
  ]);
  expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
  expect(body).not.toMatch(/127\.0\.0\.1|ECONN/);
  expect(lines.join('')).toMatch(/asking who somebody is and what they may see failed .*127\.0\.0\.1:1/);
});

test('stores of one cluster that are away keep nobody from those of another', async () => {
  fail = undefined;
  const stores = { alpha: openEmbedded(':memory:'), beta: failing(openEmbedded(':memory:')) };
  const others = new Map([['beta', stores.beta]]);
  const both = await apiHere({
    stores: stores.alpha,
    cluster: 'alpha',
    others,
    access: byToken('secret'),
    accessIn: () => byToken('secret'),
  });
  onTestFinished(async () => {
    fail = undefined;
    await both.close();
  });
  const ask = async (path: string) => {
    const { statusCode, headers } = await both.inject({
      url: `/api/v1${path}`,
      headers: { authorization: 'Bearer secret' },
    });
    return [statusCode, headers['retry-after'] !== undefined];
  };
  const asked = async () => ({
    alpha: await ask('/parent-runs'),
    beta: await ask('/parent-runs?cluster=beta'),
    all: await ask('/clusters'),
  });
  fail = () => saidBy(true);
  const away = { alpha: [200, false], beta: [503, true], all: [200, false] };
  expect(await asked()).toEqual(away);
  fail = undefined;
  expect((await asked()).alpha).toEqual([200, false]);
  await vi.waitFor(async () => expect((await asked()).beta).toEqual([200, false]), 10_000);
  // Opened by now, and away again.
  fail = () => saidBy(true);
  expect(await asked()).toEqual(away);
});
