import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { reportsFailed, topics, type ReportFailed } from '@margay/contracts';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { deadLetterTopic, type Delivery } from '../bus/bus.ts';
import { openEmbeddedBus } from '../bus/embedded.ts';
import { consume, publishAll } from '../consume.ts';
import { schemaRegistry } from './schema-registry.ts';

/** A registry as small as it can be: subjects and ids in memory, below a path. */
function registryServer(): { server: Server; schemas: string[]; requests: string[] } {
  const schemas: string[] = [];
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const answer = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body));
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push(`${request.method} ${request.url}`);
      if (request.headers.authorization !== `Basic ${Buffer.from('u:p').toString('base64')}`) {
        return answer(401, { error_code: 401, message: 'who are you' });
      }
      const id = /^\/apis\/ccompat\/v7\/schemas\/ids\/(\d+)$/.exec(request.url ?? '')?.[1];
      if (id !== undefined) {
        const schema = schemas[Number(id)];
        return schema === undefined
          ? answer(404, { error_code: 40403, message: 'none' })
          : answer(200, { schema });
      }
      const { schema } = JSON.parse(Buffer.concat(chunks).toString()) as { schema: string };
      if (!schemas.includes(schema)) schemas.push(schema);
      return answer(200, { id: schemas.indexOf(schema) });
    });
  });
  return { server, schemas, requests };
}

let registry: ReturnType<typeof registryServer>;
let url: string;
beforeEach(async () => {
  registry = registryServer();
  await new Promise<void>((listening) => registry.server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(registry.server.address() as AddressInfo).port}/apis/ccompat/v7`;
});
afterEach(() => void registry.server.close());

const signIn = { username: 'u', password: 'p' };
const failed: ReportFailed = {
  cluster: 'c',
  id: 'w',
  reportName: 'daily',
  reportType: 'inventory',
  start: 1,
  end: 2,
  reason: 'why',
  attempts: 6,
  failedAt: 3,
};

test('what one service registers and writes, another learns and reads', async () => {
  const bus = openEmbeddedBus(':memory:');
  const writing = schemaRegistry({ url, signIn }, topics);
  await writing.registered();
  await writing.registered();
  expect(registry.schemas).toHaveLength(topics.length);
  await publishAll({ ...bus, registry: writing }, reportsFailed, [failed]);
  await bus.publish(reportsFailed.name, [{ key: 'k', value: Uint8Array.from([0, 0, 0, 0, 99, 1]) }]);
  await publishAll(bus, reportsFailed, [failed]);

  const reading = schemaRegistry({ url, signIn }, topics);
  const read: ReportFailed[] = [];
  const stop = new AbortController();
  await consume(
    { ...bus, registry: reading },
    reportsFailed,
    'g',
    (messages) => {
      read.push(...messages);
      stop.abort();
      return Promise.resolve();
    },
    { signal: stop.signal },
  );
  expect(read).toEqual([failed, failed]);

  const letters: Delivery[] = [];
  for await (const letter of bus.peek(deadLetterTopic(reportsFailed.name))) letters.push(letter);
  expect(letters.map(({ headers }) => headers['dlq-reason'])).toEqual([
    'The schema registry has no schema 99.',
  ]);
  await bus.close();
});

test('an id is asked for once', async () => {
  const writing = schemaRegistry({ url, signIn }, topics);
  await writing.registered();
  const bytes = reportsFailed.framed(writing.framing).encode(failed);
  const reading = schemaRegistry({ url, signIn }, topics);
  const unknown = Uint8Array.from([0, 0, 0, 0, 99, 1]);
  const before = registry.requests.length;
  await reading.learn([bytes, bytes, unknown]);
  await reading.learn([bytes, unknown, reportsFailed.encode(failed)]);
  expect(registry.requests.slice(before)).toHaveLength(2);
});

test('an id that the registry did not have is asked for again after a while, since it may have got to know it', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const reading = schemaRegistry({ url, signIn }, topics);
  const writing = schemaRegistry({ url, signIn }, topics);
  await reading.learn([Uint8Array.from([0, 0, 0, 0, 0, 1])]);
  await writing.registered();
  const schemaOf = () => reading.framing.kind === 'confluent' && reading.framing.schemaOf(0);
  await reading.learn([Uint8Array.from([0, 0, 0, 0, 0, 1])]);
  expect(schemaOf()).toBeUndefined();
  vi.setSystemTime(Date.now() + 31_000);
  await reading.learn([Uint8Array.from([0, 0, 0, 0, 0, 1])]);
  expect(schemaOf()).toBe(registry.schemas[0]);
});

test('wrong credentials and a registry that is away are named', async () => {
  await expect(schemaRegistry({ url }, topics).registered()).rejects.toThrow(
    /^Schema registry at .*401 \(who are you\).*password/,
  );
  const away = schemaRegistry({ url: 'http://127.0.0.1:1' }, topics);
  await expect(away.registered()).rejects.toThrow(
    /^Schema registry at http:\/\/127\.0\.0\.1:1: asking it failed \(no connection\)/,
  );
});
