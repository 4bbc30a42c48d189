import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { coverageMarks, flows } from '@margay/contracts';
import type { CoverageMark } from '@margay/coverage';
import type { Flow } from '@margay/flows';
import type { Bus } from '@margay/messaging';
import { BUS, BusModule } from '@margay/messaging/nest';
import { openMetrics, readConfig, silentLog, type Log } from '@margay/runtime';
import { connectTransports, ProcessModule, Readiness } from '@margay/runtime/nest';
import { openPositions } from '@margay/sources';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { expect, onTestFinished, test } from 'vitest';
import { config } from './config.ts';
import { FlowIngestorModule } from './flow-ingestor.module.ts';
import { ingestFlows } from './ingest-flows.ts';
import { readFlows } from './read-flows.ts';
import { followFlowFile, readFlowFile } from './sources/flow-file.ts';
import { serveFlowReceiver } from './sources/flow-receiver.ts';

const HOUR = 1_789_999_200;

/** `a@5`: a pod whose name begins with a talked to the internet in minute 5; other texts as they are. */
function line(text: string): string {
  const [, pod, minute] = /^(\w+)@(\d+)$/.exec(text) ?? [];
  if (pod === undefined) return text;
  return JSON.stringify({
    start_time: HOUR + Number(minute) * 60,
    end_time: HOUR + (Number(minute) + 1) * 60,
    action: 'allow',
    reporter: 'src',
    source_type: 'wep',
    source_namespace: 'shop',
    source_name: '-',
    source_name_aggr: `${pod}-*`,
    dest_type: 'net',
    dest_namespace: '-',
    dest_name_aggr: 'pub',
  });
}

const minutes = (instant: number) => (instant / 1_000_000 - HOUR) / 60;
const shown = ({ source, startAt, endAt }: Flow) =>
  `${source.name.slice(0, -2)}@${minutes(startAt)}-${minutes(endAt)}`;

function setUp(publish?: () => Promise<void>) {
  const published: string[] = [];
  const marks: CoverageMark[] = [];
  const warnings: unknown[] = [];
  const log: Log = { ...silentLog, warn: (message, fields) => void warnings.push([message, fields]) };
  const metrics = openMetrics({ defaults: false });
  const ingest = ingestFlows({
    publish: async (cluster, flows, mark) => {
      await publish?.();
      published.push(...flows.map((flow) => `${cluster}: ${shown(flow)}`));
      marks.push(mark);
    },
    metrics,
    log,
  });
  /** The texts of a source, from its first position on. */
  const take = (cluster: string, source: string, texts: readonly string[]) =>
    ingest(
      cluster,
      readFlows(
        source,
        texts.map((text, i) => ({ text: line(text), position: i + 1 })),
      ),
    );
  return { ingest, take, published, marks, warnings, metrics };
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-flows-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('distinct flows are published once, whatever else is in the log', async () => {
  const { take, published, marks, warnings, metrics } = setUp();
  const texts = ['a@1', 'b@1', 'a@2', '', '{"broken', 'a@1', '{"action":"allow"}'];
  expect(await take('c', 's', texts)).toEqual({ kept: 2, merged: 2, unusable: 2 });
  expect(published).toEqual(['c: a@1-3', 'c: b@1-2']);
  expect(warnings).toEqual([
    [
      'Flow log records cannot be read',
      { cluster: 'c', source: 's', records: 2, first: expect.stringContaining('Not JSON') },
    ],
  ]);
  expect(marks).toMatchObject([
    {
      source: 'flows:s',
      from: 1,
      to: 8,
      timeless: { 'unusable:not-json': 1, 'unusable:no-timestamp': 1 },
      problems: [
        { position: 5, reason: 'not-json' },
        { position: 7, reason: 'no-timestamp' },
      ],
    },
  ]);
  expect(marks[0]!.buckets.map(({ counts }) => counts)).toEqual([{ kept: 3 }, { kept: 1 }]);
  const exposed = await metrics.exposition();
  for (const [outcome, count] of Object.entries({ kept: 2, merged: 2, unusable: 2 })) {
    expect(exposed).toContain(`margay_flows_total{cluster="c",source="s",outcome="${outcome}"} ${count}`);
  }
});

test('what is published already is published again only where it says more', async () => {
  const { take, published } = setUp();
  await take('c', 's', ['a@1', 'a@5']);
  await take('c', 's', ['a@2', 'a@5']);
  await take('other', 's', ['a@2']);
  await take('c', 's', ['a@7']);
  await take('c', 's', ['a@6']);
  expect(published).toEqual(['c: a@1-2', 'c: a@5-6', 'c: a@2-3', 'other: a@2-3', 'c: a@7-8', 'c: a@6-7']);
});

test('what was not published comes again', async () => {
  let broken = true;
  const { take, published, marks } = setUp(async () => {
    if (broken) throw new Error('no broker');
  });
  await expect(take('c', 's', ['a@1'])).rejects.toThrow('no broker');
  expect(marks).toEqual([]);
  broken = false;
  await take('c', 's', ['a@1']);
  expect(published).toEqual(['c: a@1-2']);
});

test('a file is read whole, or followed from where it was read to; marks say what it delivered', async () => {
  const folder = newFolder();
  const [log, whole] = [join(folder, 'flows.log'), join(folder, 'flows.log.gz')];
  writeFileSync(log, `${line('a@1')}\n\n${line('b@1')}\n`);
  writeFileSync(whole, gzipSync(`${line('x@1')}\n${line('y@1')}\nbroken`));
  const { ingest, published, marks } = setUp();
  const positions = await openPositions(join(folder, 'positions'));
  const file = { cluster: 'c', ingest, positions };
  const read = () => readFlowFile({ ...file, path: whole, signal: new AbortController().signal });
  await read();
  expect(published.splice(0)).toEqual(['c: x@1-2', 'c: y@1-2']);
  expect(marks).toMatchObject([{ from: 1, to: 4, problems: [{ position: 3, reason: 'not-json' }] }]);
  expect(marks.splice(0)[0]!.source).toMatch(/^flows:flows\.log\.gz@[0-9a-f]{16}$/);
  await read();
  expect(marks).toEqual([]);

  const follow = async (until: string[]) => {
    const stop = new AbortController();
    const done = followFlowFile({ ...file, path: log, signal: stop.signal });
    await expect.poll(() => published, { timeout: 10_000 }).toEqual(until);
    stop.abort();
    await done;
    published.length = 0;
  };
  await follow(['c: a@1-2', 'c: b@1-2']);
  appendFileSync(log, `${line('z@1')}\n`);
  await follow(['c: z@1-2']);
  const [first, second] = marks;
  expect([first, second]).toMatchObject([
    { from: 1, to: 4 },
    { from: 4, to: 5 },
  ]);
  expect(first!.source).toMatch(/^flows:flows\.log@[0-9a-f]{16}$/);
  expect(second!.source).toBe(first!.source);
});

test('a topic is read, and committed when the flows are published; what is no gzip is set aside', async () => {
  const topic = { name: 'raw-flows', group: 'g' };
  const testing = await Test.createTestingModule({
    imports: [
      ProcessModule.with({ log: silentLog, metrics: openMetrics({ defaults: false }) }),
      FlowIngestorModule.over({ cluster: 'c', topic }, BusModule.embedded(':memory:')),
    ],
  }).compile();
  const app = testing.createNestApplication(new FastifyAdapter());
  onTestFinished(() => app.close());
  connectTransports(app);
  const bus = app.get<Bus>(BUS);
  const values = [Buffer.from(line('a@1')), Buffer.from([0x1f, 0x8b, 1]), gzipSync(line('b@1'))];
  await bus.publish(
    topic.name,
    values.map((value) => ({ key: '', value })),
  );
  await app.init();
  await app.startAllMicroservices();
  await expect.poll(() => bus.lag(topic.name, topic.group)).toBe(0);
  const published: string[] = [];
  for await (const { value } of bus.peek(flows.name)) {
    const flow = flows.decode(value);
    published.push(`${flow.cluster}: ${shown(flow)}`);
  }
  expect(published).toEqual(['c: a@1-2', 'c: b@1-2']);
  const marked: string[] = [];
  for await (const { value } of bus.peek(coverageMarks.name)) {
    const { cluster, source, buckets } = coverageMarks.decode(value);
    marked.push(...buckets.flatMap(({ counts }) => Array(counts['kept'] ?? 0).fill(`${cluster}: ${source}`)));
  }
  expect(marked).toEqual(Array(2).fill('c: flows:topic:raw-flows/0'));
  const aside: unknown[] = [];
  for await (const { headers } of bus.peek('raw-flows.dlq')) aside.push(headers['dlq-code']);
  expect(aside).toEqual(['not-gzip']);
  const { 'flows: topic:raw-flows/0': how, ...others } = app.get(Readiness).sources;
  expect(others).toEqual({});
  expect(Date.now() - Date.parse(how!.lastDelivery)).toBeLessThan(60_000);
  // The newest flow began in minute 1 of its hour.
  expect(how!.lagSeconds).toBeCloseTo(Date.now() / 1_000 - (HOUR + 60), -2);
});

test('flow logs are taken over HTTP', async () => {
  const { ingest, published, marks, metrics } = setUp();
  const settings = readConfig(config, {
    KAFKA_BROKERS: 'unused:1',
    CLUSTER_NAME: 'c',
    FLOW_HTTP_HOST: '127.0.0.1',
    FLOW_HTTP_PORT: '0',
    FLOW_HTTP_INSECURE: 'true',
  });
  const server = await serveFlowReceiver(settings, ingest, { metrics, log: silentLog });
  onTestFinished(() => server!.close());
  const post = (cluster: string, body: string | Uint8Array<ArrayBuffer>) =>
    fetch(`${server!.url}/flows/v1/clusters/${cluster}/sources/fluentd`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body,
    });
  expect((await post('c', `${line('a@1')}\n${line('b@1')}\n`)).status).toBe(200);
  expect((await post('c', new Uint8Array(gzipSync(`${line('d@1')}\nbroken`)))).status).toBe(200);
  expect((await post('unknown', 'a@1')).status).toBe(404);
  expect(published).toEqual(['c: a@1-2', 'c: b@1-2', 'c: d@1-2']);
  const [first, second] = marks;
  expect(first).toMatchObject({ source: 'flows:http:fluentd', problemsTotal: 0 });
  expect(second).toMatchObject({ source: 'flows:http:fluentd', timeless: { 'unusable:not-json': 1 } });
  expect(second!.from).not.toBe(first!.from);
  // Sent again, since an answer was lost: the same place.
  await post('c', `${line('a@1')}\n${line('b@1')}\n`);
  expect(marks[2]).toEqual(first);
  // What cannot even be unpacked leaves a trace.
  await post('c', new Uint8Array([0x1f, 0x8b, 1, 2, 3]));
  expect(marks[3]).toMatchObject({
    problems: [{ kind: 'unusable', message: expect.stringContaining('unpacked') }],
  });
});

test('without a port nothing is taken', async () => {
  const settings = readConfig(config, { KAFKA_BROKERS: 'unused:1', FLOW_TOPIC: 'raw' });
  const { ingest, metrics } = setUp();
  expect(await serveFlowReceiver(settings, ingest, { metrics, log: silentLog })).toBeUndefined();
});

test('an open port without TLS is refused by the name of its setting', () => {
  expect(() => readConfig(config, { KAFKA_BROKERS: 'k:1', FLOW_HTTP_PORT: '1' })).toThrow(
    'FLOW_HTTP_TLS_CERT_FILE',
  );
});

test.each([
  [{}, 'nothing would be taken from anywhere: set it, FLOW_HTTP_PORT or FLOW_TOPIC'],
  [{ FLOW_KAFKA_BROKERS: 'hub:9093' }, 'it is about the topic of flow logs: set FLOW_TOPIC, too'],
  [
    { FLOW_TOPIC: 't', FLOW_KAFKA_USERNAME: 'u', FLOW_KAFKA_PASSWORD: 'p' },
    'it is about other brokers: set FLOW_KAFKA_BROKERS, too',
  ],
])('%j is refused', (environment, message) => {
  expect(() => readConfig(config, { KAFKA_BROKERS: 'k:1', ...environment })).toThrow(message);
});
