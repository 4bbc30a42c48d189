import { createHmac } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { reportsCompleted, reportsFailed } from '@margay/contracts';
import { deadLetterTopic, publishAll, type Bus } from '@margay/messaging';
import { BUS, BusModule } from '@margay/messaging/nest';
import { openMetrics, silentLog } from '@margay/runtime';
import { connectTransports, ProcessModule } from '@margay/runtime/nest';
import type { Stores } from '@margay/storage';
import { STORES, StoresModule } from '@margay/storage/nest';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { expect, onTestFinished, test } from 'vitest';
import { sendWebhook, type CloudEvent } from './index.ts';
import { NotifierModule } from './notifier.module.ts';

const DAY = 86_400_000_000;
const START = Date.parse('2026-03-01T00:00:00Z') * 1_000;

interface Got {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** What it was answered. */
  readonly status: number;
}

/** A receiver that answers with these statuses, one after the other, and the last one for ever, or as the id of an event says. */
async function receiver(...statuses: number[] | [(id: string) => number]) {
  const got: Got[] = [];
  const server = createHttpServer((request, answer) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      const next = statuses[Math.min(got.length, statuses.length - 1)]!;
      const status = typeof next === 'number' ? next : next(String(request.headers['webhook-id']));
      got.push({ headers: request.headers, body, status });
      answer.writeHead(status).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

const event = (id: string): CloudEvent => ({
  specversion: '1.0',
  id,
  source: '/margay/clusters/c',
  type: 'io.margay.report.completed',
  subject: 'daily',
  time: '2026-03-02T00:00:00Z',
  datacontenttype: 'application/json',
  data: { text: 'ü' },
});
const { signal } = new AbortController();

// Made with `openssl dgst -sha256 -hmac`.
test.each([
  ['a secret that is long', 'R5KOh3ROJZTUemR6YgM3AsmAowwqQuQ9+YbvILTYokQ='],
  ['ein Geheimnis für später, €', 'WGb9BkdXQO0O1PiEGD2zB/8oc9XE7NUM7OoRR46pyWY='],
])('a request is signed over its id, its time and its body, by "%s"', async (secret, known) => {
  const { got, url } = await receiver(200);
  await sendWebhook(event('one'), {
    url,
    secret,
    signal,
    now: () => 1_772_409_600.9,
  });
  const [{ headers, body }] = got as [Got];
  expect(headers['content-type']).toContain('application/cloudevents+json');
  expect(JSON.parse(body)).toEqual(event('one'));
  expect([headers['webhook-id'], headers['webhook-timestamp']]).toEqual(['one', '1772409600']);
  const expected = createHmac('sha256', secret).update(`one.1772409600.${body}`).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${expected}`);
  expect(expected).toBe(known);
});

test('a receiver that is busy is tried again, with the same id; one that refuses is not', async () => {
  const busy = await receiver(503, 429, 204);
  await sendWebhook(event('two'), { url: busy.url, signal, retryMilliseconds: 1 });
  expect(busy.got.map(({ headers }) => headers['webhook-id'])).toEqual(['two', 'two', 'two']);
  const wrong = await receiver(404);
  await expect(sendWebhook(event('three'), { url: wrong.url, signal, retryMilliseconds: 1 })).rejects.toThrow(
    'did not take event three in 1 attempts: it answered 404',
  );
  const moved = await receiver(302);
  await expect(sendWebhook(event('four'), { url: moved.url, signal, retryMilliseconds: 1 })).rejects.toThrow(
    '9 attempts',
  );
});

test('a receiver that is not there is named after the last attempt', async () => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  const url = `http://127.0.0.1:${port}/services/s3cret?key=s3cret`;
  const failed = await sendWebhook(event('five'), { url, signal, retryMilliseconds: 1 }).catch(
    (error: unknown) => error as Error,
  );
  // Whoever knows the path of such an address can post there.
  expect(failed?.message).toBe(
    `The webhook at http://127.0.0.1:${port} did not take event five in 9 attempts: ECONNREFUSED`,
  );
  expect(failed?.cause).toBeUndefined();
});

const summary = (protectedIngress: number) => ({
  endpointsSummary: { numTotal: 10, numIngressProtected: protectedIngress, numEgressProtected: 10 },
  namespacesSummary: {},
});

test('finished, failed and worse reports are told of; the past and what is no worse are not; what is never taken is set aside', async () => {
  const { got, url } = await receiver((id) => (id === 'daily-3/completed' ? 404 : 200));
  const options = { url, rules: ['endpoints-ingress-unprotected'], ageMax: 3 * DAY };
  const testing = await Test.createTestingModule({
    imports: [
      ProcessModule.with({ log: silentLog, metrics: openMetrics(), clock: () => START + 6 * DAY }),
      NotifierModule.over(options, BusModule.embedded(':memory:'), StoresModule.embedded(':memory:', 'c')),
    ],
  }).compile();
  const app = testing.createNestApplication(new FastifyAdapter());
  onTestFinished(() => app.close());
  connectTransports(app);
  const [bus, stores] = [app.get<Bus>(BUS), app.get<Stores>(STORES)];
  const archived = async (day: number, protectedIngress: number) => {
    const about = {
      cluster: 'c',
      id: `daily-${day}`,
      reportName: 'daily',
      reportType: 'inventory',
      start: START + day * DAY,
      end: START + (day + 1) * DAY,
    };
    const generatedAt = about.end + 1;
    await stores.archive.complete({
      ...about,
      generatedAt,
      digest: `${day}`,
      parts: [],
      content: summary(protectedIngress),
    });
    await publishAll(bus, reportsCompleted, [{ ...about, generatedAt, digest: `${day}`, summary: {} }]);
  };
  const taken = () =>
    got.filter(({ status }) => status === 200).map(({ body }) => JSON.parse(body) as CloudEvent);
  await archived(0, 9);
  await archived(3, 9);
  await archived(4, 7);
  await archived(5, 8);
  await publishAll(bus, reportsFailed, [
    {
      cluster: 'c',
      id: 'broken',
      reportName: 'weekly',
      reportType: 'inventory',
      start: START,
      end: START + 6 * DAY,
      reason: 'no disk',
      attempts: 7,
      failedAt: START + 6 * DAY,
    },
  ]);
  await app.init();
  await app.startAllMicroservices();
  await expect
    .poll(() =>
      taken()
        .map(({ id }) => id)
        .sort(),
    )
    .toEqual(['broken/failed', 'daily-4/completed', 'daily-4/regressed', 'daily-5/completed']);
  expect(taken().find(({ id }) => id === 'daily-4/regressed')!.data).toMatchObject({
    since: { id: 'daily-3' },
    regressions: [{ rule: 'endpoints-ingress-unprotected', before: 1, after: 3 }],
  });
  expect(taken().find(({ id }) => id === 'broken/failed')).toMatchObject({
    subject: 'weekly',
    data: { reason: 'no disk', attempts: 7 },
  });
  const aside: string[] = [];
  for await (const { headers } of bus.peek(deadLetterTopic(reportsCompleted.name)))
    aside.push(headers['dlq-code'] ?? '');
  expect(aside).toEqual(['undeliverable']);
});
