import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { topics } from '@margay/contracts';
import { deadLetterTopic, type Bus, type Delivery } from '@margay/messaging';
import { evidenceLag } from '@margay/snapshotter';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from './testing/free-port.ts';
import { install, reportOnAll } from './testing/installation.ts';
import { linesOfAudit, Marks } from './testing/marked-secrets.ts';
import { logOf, namespace, networkPolicy, pod } from './testing/own-log.ts';
import { startService } from './testing/services.ts';
import { topicsRead } from './testing/topics-read.ts';

/** What the test can be run again with. */
const SEED = Number(process.env['MARGAY_TEST_SEED'] ?? Date.now() % 1e9);
const archive = process.env['MARGAY_TEST_ELASTICSEARCH'] ?? '';

/** A collector of traces, and all that it was sent. */
async function collector() {
  const bodies: string[] = [];
  const server = createServer((request, answer) => {
    request.on('data', (chunk) => bodies.push(String(chunk)));
    request.on('end', () => answer.writeHead(200).end('{}'));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  return { bodies, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function allOn(bus: Bus, topic: string): Promise<Delivery[]> {
  const all: Delivery[] = [];
  for await (const delivery of bus.peek(topic)) all.push(delivery);
  return all;
}

/** Every document of every index of an installation, as it is answered. */
async function documentsIn(prefix: string): Promise<string> {
  await fetch(`${archive}/${prefix}-*/_refresh`, { method: 'POST' });
  const answer = await fetch(`${archive}/${prefix}-*/_search?size=10000&expand_wildcards=all`);
  const text = await answer.text();
  const { hits } = JSON.parse(text) as { hits: { total: { value: number }; hits: unknown[] } };
  expect(hits.hits).toHaveLength(hits.total.value);
  return text;
}

test(
  'no secret of a log, a request or a message that cannot be read is in topics, indices, logs, metrics and traces',
  { timeout: 240_000 },
  async () => {
    const marks = new Marks(SEED);
    const { environment, log, bus, stores } = await install(process.env['MARGAY_TEST_KAFKA'] ?? '');
    const { bodies, endpoint } = await collector();
    const port = await freePort();
    const settings = {
      ...environment,
      AUDIT_WEBHOOK_PORT: String(port),
      AUDIT_WEBHOOK_HOST: '127.0.0.1',
      AUDIT_WEBHOOK_INSECURE: 'true',
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: `x-key=${marks.mark('a header for traces')}`,
      LOG_LEVEL: 'debug',
    };
    writeFileSync(
      log,
      `${logOf([namespace('shop'), pod('shop', 'web-1'), networkPolicy('shop', 'deny')])}${linesOfAudit(marks, 1).join('\n')}\n`,
    );
    const poison: Buffer[] = [];
    const poisoned = (text: string) => {
      poison.push(Buffer.from(text));
      return poison.at(-1)!;
    };
    for (const { name } of topicsRead)
      await bus.publish(name, [
        {
          key: `{"${marks.mark(`the key of a message on ${name}`)}`,
          value: poisoned(marks.mark(`a message on ${name}`)),
          headers: { token: marks.mark(`a header of a message on ${name}`) },
        },
      ]);
    const services = ['audit-ingestor', 'snapshotter', 'report-worker', 'scheduler'].map((name) =>
      startService(name, settings),
    );
    const urls = await Promise.all(services.map((service) => service.url()));

    const post = async (body: string | Buffer): Promise<string> => {
      const url = `http://127.0.0.1:${port}/audit/v1/clusters/recorded/sources/api-server-1?token=${marks.mark('the query of a request')}`;
      const answer = await fetch(url, { method: 'POST', body: new Uint8Array(Buffer.from(body)) });
      expect(answer.status).toBe(200);
      return answer.text();
    };
    const lines = linesOfAudit(marks, 1);
    const packed = gzipSync(lines.join('\n'));
    const answers = [
      await post(lines.join('\n')),
      await post(packed.subarray(0, -100)),
      await post(
        Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from(marks.mark('a body that is no gzip'))]),
      ),
      await post(marks.mark('a body')),
      await post(
        `{"kind":"EventList","items":[{"kind":"Secret","data":"${marks.mark('a body that breaks off')}`,
      ),
    ];
    for (const { name } of topicsRead)
      await expect
        .poll(async () => (await allOn(bus, deadLetterTopic(name))).length, {
          timeout: 60_000,
          interval: 300,
        })
        .toBe(1);
    await expect.poll(() => evidenceLag(bus), { timeout: 60_000, interval: 300 }).toBe(0);
    await reportOnAll(bus, stores);

    const places: [string, string][] = [
      ['what was answered', answers.join('\n')],
      ['traces', bodies.join('\n')],
      ['Elasticsearch', await documentsIn(environment.ELASTICSEARCH_INDEX_PREFIX)],
    ];
    for (const service of services) places.push([`the log of ${service.name}`, service.log()]);
    for (const url of urls)
      for (const path of ['metrics', 'readyz'])
        places.push([path, await (await fetch(`${url}/${path}`)).text()]);
    for (const topic of topics.flatMap(({ name }) => [name, deadLetterTopic(name)])) {
      const own = (await allOn(bus, topic)).filter(({ value }) => !poison.some((each) => each.equals(value)));
      places.push([
        topic,
        own.map((all) => `${JSON.stringify(all)} ${Buffer.from(all.value).toString('latin1')}`).join('\n'),
      ]);
    }
    const found = places.flatMap(([place, text]) =>
      marks.foundIn(text).map((from) => `${from} is in ${place}`),
    );
    expect(found, `with MARGAY_TEST_SEED=${SEED}`).toEqual([]);
    expect(bodies.join('')).toContain('traceId');
    const problems = (await stores.coverage.marks()).flatMap((mark) => mark.problems);
    expect(problems.length).toBeGreaterThan(100);
  },
);
