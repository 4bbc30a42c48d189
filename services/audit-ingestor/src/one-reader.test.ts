import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { isAuditEvent } from '@margay/history';
import { openEmbeddedBus, consumeAsWritten } from '@margay/messaging';
import { openMetrics, readConfig, silentLog } from '@margay/runtime';
import { readLog, topicTexts } from '@margay/sources';
import { expect, onTestFinished, test } from 'vitest';
import { config } from './config.ts';
import { readBatch, readStretch, type Ingested } from './read-batch.ts';
import { serveAuditWebhook } from './sources/webhook/audit-webhook.ts';

const RECORDING = new URL('../../../test/clusters/cluster-a/audit.jsonl.gz', import.meta.url);
const events = gunzipSync(readFileSync(RECORDING)).toString('utf8').trimEnd().split('\n').slice(400, 440);
const lines = (wrap: (event: string, i: number) => unknown) =>
  events.map((event, i) => `${JSON.stringify(wrap(event, i))}\n`).join('');
const parsed = events.map((event) => JSON.parse(event) as unknown);
const EVENT_LIST = { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items: parsed };
const plain = `${events.join('\n')}\n`;

const inHalves = <T>(make: (half: readonly string[]) => T): T[] => [
  make(events.slice(0, 20)),
  make(events.slice(20)),
];
/** As CloudWatch Logs hands on a part of a log, and how it packs that. */
const subscription = (messages: readonly string[]) => ({
  messageType: 'DATA_MESSAGE',
  owner: '000000000000',
  logGroup: '/aws/eks/shop/cluster',
  logStream: 'kube-apiserver-audit-1',
  subscriptionFilters: ['margay'],
  logEvents: messages.map((message, i) => ({ id: String(i), timestamp: 1_795_000_000_000, message })),
});
const packed = (value: object) => gzipSync(JSON.stringify(value)).toString('base64');

/** The same events, as people have them. */
const FORMS: Readonly<Record<string, string | Buffer>> = {
  lines: plain,
  'the line breaks of the other system': plain.replaceAll('\n', '\r\n'),
  'no line breaks': events.join(''),
  'a byte-order mark': `\uFEFF${plain}`,
  'an EventList': JSON.stringify(EVENT_LIST),
  'an indented EventList': JSON.stringify(EVENT_LIST, undefined, 4),
  'an array with an event a line': `[\n${events.join(',\n')}\n]\n`,
  'indented events': parsed.map((event) => JSON.stringify(event, undefined, 2)).join('\n'),
  Filebeat: lines((message) => ({
    log: { offset: 1, file: { path: 'a' } },
    event: { dataset: 'x' },
    message,
  })),
  Logstash: lines((original) => ({ event: { original } })),
  'Fluent Bit': lines((log) => ({ date: 1.5, log })),
  'a container’s log': events.map((event) => `2026-11-24T01:02:03.4Z stdout F ${event}\n`).join(''),
  'a container’s log, long lines in pieces': events
    .map(
      (event) =>
        `2026-11-24T01:02:03.4Z stdout P ${event.slice(0, 500)}\n2026-11-24T01:02:03.4Z stdout F ${event.slice(500)}\n`,
    )
    .join(''),
  'Docker, long lines in pieces': events
    .flatMap((event) => [event.slice(0, 500), `${event.slice(500)}\n`])
    .map((log) => `${JSON.stringify({ log, stream: 'stdout', time: '2026-11-24T01:02:03.4Z' })}\n`)
    .join(''),
  'a CloudWatch subscription': JSON.stringify({
    messageType: 'DATA_MESSAGE',
    logStream: 'kube-apiserver-audit-1',
    logEvents: events.map((message) => ({ timestamp: 1, message })),
  }),
  'Firehose, of two subscriptions': JSON.stringify({
    requestId: 'r',
    timestamp: 1_795_000_000_000,
    records: inHalves((half) => ({ data: packed(subscription(half)) })),
  }),
  'Firehose, packed as a whole, too': gzipSync(
    JSON.stringify({ requestId: 'r', timestamp: 1, records: [{ data: packed(subscription(events)) }] }),
  ),
  'Firehose, which unpacks and takes the messages out': JSON.stringify({
    requestId: 'r',
    timestamp: 1,
    records: inHalves((half) => ({ data: Buffer.from(half.join('\n')).toString('base64') })),
  }),
  'what Firehose put into its bucket, one behind the other': gzipSync(
    inHalves((half) => JSON.stringify(subscription(half))).join(''),
  ),
  'what Firehose could not deliver': inHalves(
    (half) => `${JSON.stringify({ attemptsMade: 9, errorCode: 'x', rawData: packed(subscription(half)) })}\n`,
  ).join(''),
  'Kinesis, as a Lambda hands it on': JSON.stringify({
    Records: inHalves((half) => ({
      eventSource: 'aws:kinesis',
      kinesis: { data: packed(subscription(half)) },
    })),
  }),
  'Pub/Sub, pushed': JSON.stringify({
    message: {
      data: Buffer.from(plain).toString('base64'),
      messageId: '1',
      publishTime: '2026-11-24T01:02:03Z',
    },
    subscription: 'projects/p/subscriptions/s',
  }),
  'the AWS command line': JSON.stringify(
    { events: events.map((message) => ({ logStreamName: 'kube-apiserver-audit-1', message })) },
    undefined,
    4,
  ),
  Azure: JSON.stringify({
    records: events.map((log) => ({ category: 'kube-audit', properties: { log: `${log}\n` } })),
  }),
  gzip: gzipSync(plain),
  'gzip in two members': Buffer.concat([
    gzipSync(`${events.slice(0, 20).join('\n')}\n`),
    gzipSync(`${events.slice(20).join('\n')}\n`),
  ]),
  zstd: zstdCompressSync(plain),
};

/** What was said, wherever it was read. */
const told = (all: readonly Ingested[]) =>
  all.flatMap(({ changes, policyEvents }) => [
    ...changes.map(({ origin: _origin, ...change }) => change),
    ...policyEvents,
  ]);

const counted = (all: readonly Ingested[]) => {
  const counts: Record<string, number> = {};
  for (const { mark } of all)
    for (const each of [mark.timeless, ...mark.buckets.map((bucket) => bucket.counts)])
      for (const [outcome, n] of Object.entries(each)) counts[outcome] = (counts[outcome] ?? 0) + n;
  return counts;
};

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-one-reader-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const WAYS: Readonly<Record<string, (bytes: string | Buffer) => Promise<Ingested[]>>> = {
  async 'a file'(bytes) {
    const path = join(newFolder(), 'audit.log');
    writeFileSync(path, bytes);
    const all: Ingested[] = [];
    for await (const stretch of readLog({ name: 'audit.log', path }, { bare: isAuditEvent }))
      all.push(readStretch(stretch));
    return all;
  },
  async 'a request'(bytes) {
    const all: Ingested[] = [];
    const settings = readConfig(config, {
      KAFKA_BROKERS: 'unused:1',
      AUDIT_WEBHOOK_HOST: '127.0.0.1',
      AUDIT_WEBHOOK_PORT: '0',
      AUDIT_WEBHOOK_INSECURE: 'true',
    });
    const server = await serveAuditWebhook(
      settings,
      async (_, texts) => void all.push(readBatch('webhook', texts)),
      { metrics: openMetrics({ defaults: false }), log: silentLog },
    );
    onTestFinished(() => server!.close());
    const answer = await fetch(`${server!.url}/audit/v1/clusters/cluster/sources/n`, {
      method: 'POST',
      body: bytes,
    });
    expect(answer.status).toBe(200);
    return all;
  },
  async 'a message'(bytes) {
    const all: Ingested[] = [];
    const bus = openEmbeddedBus(newFolder());
    onTestFinished(() => bus.close());
    await bus.publish('raw', [{ key: '', value: Buffer.from(bytes as string) }]);
    const stop = new AbortController();
    await consumeAsWritten(
      bus,
      'raw',
      'test',
      async (deliveries) => {
        for (const { position, ...text } of await topicTexts(deliveries))
          all.push(readBatch('topic', [{ ...text, origin: { source: 'topic', position } }]));
        stop.abort();
      },
      { signal: stop.signal },
    );
    return all;
  },
};

const expected = [readBatch('log', [{ text: plain, origin: { source: 'log', position: 1 } }])];

test('there is something to be read', () => {
  expect(expected[0]!.changes.length).toBeGreaterThan(10);
  expect(counted(expected)['kept']).toBeGreaterThan(5);
});

test.each(Object.keys(FORMS).flatMap((form) => Object.keys(WAYS).map((way) => [form, way] as const)))(
  '%s from %s: the same events',
  async (form, way) => {
    const all = await WAYS[way]!(FORMS[form]!);
    expect(told(all)).toEqual(told(expected));
    expect(counted(all)).toEqual(counted(expected));
  },
);

/** An entry of Cloud Audit Logs, of which what it says is read, and the same by a push. */
const ENTRY = {
  insertId: 'i1',
  timestamp: '2026-11-24T01:02:03.5Z',
  protoPayload: {
    serviceName: 'k8s.io',
    methodName: 'io.k8s.networking.v1.networkpolicies.patch',
    resourceName: 'networking.k8s.io/v1/namespaces/shop/networkpolicies/web',
    authenticationInfo: { principalEmail: 'ana@example.com' },
    status: {},
  },
};

test.each(Object.keys(WAYS))(
  'clouds send other things beside, and broken ones among good: from %s',
  async (way) => {
    const health = {
      messageType: 'CONTROL_MESSAGE',
      logEvents: [{ id: '', timestamp: 1, message: 'CWL CONTROL' }],
    };
    const scheduler = { ...subscription(['I1124 leader']), logStream: 'kube-scheduler-1' };
    const good = { data: packed(subscription(events)) };
    const broken = { data: Buffer.from([0x1f, 0x8b, 8, 0, 1]).toString('base64') };
    const records = [{ data: packed(health) }, { data: packed(scheduler) }, good, broken, { data: '' }];
    const all = await WAYS[way]!(JSON.stringify({ requestId: 'r', timestamp: 1, records }));
    expect(told(all)).toEqual(told(expected));
    const counts = counted(all);
    expect(counts['ignored:out-of-kind']).toBe((counted(expected)['ignored:out-of-kind'] ?? 0) + 2);
    expect(Object.keys(counts).filter((outcome) => outcome.startsWith('unusable:')).length).toBe(1);
    const data = Buffer.from(JSON.stringify(ENTRY)).toString('base64');
    const [pushed] = await WAYS[way]!(
      JSON.stringify({ message: { data, messageId: '1' }, subscription: 's' }),
    );
    expect(pushed!.policyEvents).toMatchObject([
      { name: 'web', verb: 'patch', actor: { user: 'ana@example.com' } },
    ]);
  },
);

test.each(Object.keys(WAYS))('what cannot be read is told: from %s', async (way) => {
  const bytes = Buffer.concat([gzipSync(`${plain}rubbish\n`), Buffer.from('and more')]);
  const all = await WAYS[way]!(bytes);
  expect(told(all)).toEqual(told(expected));
  expect(counted(all)).toMatchObject({ 'unusable:not-json': 1, 'unusable:unreadable': 1 });
  const other = await WAYS[way]!(Buffer.from('\uFEFF{}', 'utf16le'));
  expect(other.flatMap(({ mark }) => mark.problems)).toMatchObject([
    { reason: 'unreadable', message: expect.stringContaining('iconv') as string },
  ]);
});
