import { gzipSync } from 'node:zlib';
import { entriesIn } from '@margay/ground';
import { openMetrics, silentLog } from '@margay/runtime';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { expect, onTestFinished, test } from 'vitest';
import { anybody } from '../http/credentials.ts';
import { post } from '../testing/post.ts';
import { openReceiver, type Received } from './receiver.ts';

/** A receiver that keeps what it delivers. */
async function setUp(
  bounds: { readonly bodyBytesMax?: number; readonly inFlightBytesMax?: number } = {},
  durable?: Promise<void>,
) {
  const delivered: Received[] = [];
  const metrics = openMetrics({ defaults: false });
  const deliver = (received: Received) => {
    delivered.push(received);
    return durable ?? Promise.resolve();
  };
  const server = await openReceiver(deliver, {
    path: '/in/:cluster/:source',
    name: 'test',
    credentials: anybody,
    metrics,
    log: silentLog,
    host: '127.0.0.1',
    port: 0,
    ...bounds,
  });
  onTestFinished(() => server.close());
  return { url: `${server.url}/in/a/n1`, delivered, metrics };
}

type Records = Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0];
const EVENT = {
  verb: 'create',
  auditID: '1',
  requestObject: { spec: { replicas: 3, ratio: 0.5, paused: false } },
};

/** Log records as the exporters of OpenTelemetry have them. */
const records = (...bodies: readonly unknown[]) =>
  bodies.map((body) => ({
    hrTime: [1_795_000_000, 5],
    hrTimeObserved: [1_795_000_001, 0],
    severityNumber: 9,
    severityText: 'INFO',
    body,
    attributes: { 'log.file.name': 'audit.log' },
    droppedAttributesCount: 0,
    resource: { attributes: { 'service.name': 'kube-apiserver' } },
    instrumentationScope: { name: 'filelog', version: '1' },
  })) as unknown as Records;

/** The events in what was delivered. */
const eventsIn = (delivered: readonly Received[]) =>
  delivered.flatMap((received) =>
    received.kind === 'text'
      ? entriesIn(received.text, (value) => 'verb' in value).map((entry) => 'value' in entry && entry.value)
      : [received.reason],
  );

const PROTOBUF = { 'content-type': 'application/x-protobuf' };

test.each([
  ['protobuf', ProtobufLogsSerializer, PROTOBUF, (bytes: Uint8Array) => bytes, ''],
  ['packed protobuf', ProtobufLogsSerializer, { ...PROTOBUF, 'content-encoding': 'gzip' }, gzipSync, ''],
  ['JSON', JsonLogsSerializer, {}, (bytes: Uint8Array) => bytes, '{}'],
])(
  'logs that OpenTelemetry exports as %s say what was in them',
  async (_, serializer, headers, pack, answer) => {
    const { url, delivered } = await setUp();
    const lines = [JSON.stringify(EVENT), EVENT, JSON.stringify({ ...EVENT, auditID: '2' })];
    const sent = await post(`${url}/v1/logs`, pack(serializer.serializeRequest(records(...lines))!), {
      headers,
    });
    expect([sent.status, sent.body]).toEqual([200, answer]);
    expect(eventsIn(delivered)).toEqual([EVENT, EVENT, { ...EVENT, auditID: '2' }]);
  },
);

test('what is no such request is lost and recorded, and not sent again', async () => {
  const { url, delivered } = await setUp();
  const sent = await post(`${url}/v1/logs`, Buffer.from('{"resourceLogs":[]}'), { headers: PROTOBUF });
  expect(sent.status).toBe(200);
  expect(delivered).toMatchObject([{ kind: 'unusable', reason: 'not-otlp' }]);
});

test('messages that take more memory than the largest body may are told before they are read', async () => {
  const { url, delivered } = await setUp({ bodyBytesMax: 400_000 });
  const empty = (count: number) => Buffer.alloc(2 * count, Buffer.from('0a00', 'hex'));
  const sent = (count: number) => post(`${url}/v1/logs`, empty(count), { headers: PROTOBUF });
  expect((await sent(10_000)).status).toBe(200);
  const refused = await sent(10_001);
  expect([refused.status, refused.body]).toEqual([413, expect.stringContaining('has more values than fit')]);
  expect(delivered).toMatchObject([{ kind: 'text' }, { kind: 'unusable', reason: 'too-dense' }]);
});

test('no depth of values ends the process', async () => {
  const { url, delivered } = await setUp();
  // An array in an array, and so on; the records of a scope of a resource around them.
  let value = wrapped(1, Buffer.from('deep'));
  for (let i = 0; i < 20_000; i++) value = wrapped(5, wrapped(1, value));
  const bytes = [5, 2, 2, 1].reduce((inner, field) => wrapped(field, inner), value);
  expect((await post(`${url}/v1/logs`, bytes, { headers: PROTOBUF })).status).toBe(200);
  expect(delivered).toMatchObject([{ kind: 'unusable', reason: 'not-otlp' }]);
});

/** A field of protobuf that has a length: its number, how many bytes it has, and these. */
function wrapped(field: number, bytes: Buffer): Buffer {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Buffer.concat([Buffer.from([field * 8 + 2, ...length, rest]), bytes]);
}

test('what is made of a request takes room until it is delivered, and one that is alone always finds it', async () => {
  const { promise: durable, resolve } = Promise.withResolvers<void>();
  const { url, delivered, metrics } = await setUp({ inFlightBytesMax: 100 }, durable);
  const bytes = ProtobufLogsSerializer.serializeRequest(records(EVENT, EVENT))!;
  const send = () => post(`${url}/v1/logs`, bytes, { headers: PROTOBUF });
  const first = send();
  await expect.poll(() => delivered.length).toBe(1);
  const { text } = delivered[0] as Extract<Received, { readonly kind: 'text' }>;
  const held = async () =>
    Number(/in_flight_bytes\{receiver="test"\} (\d+)/.exec(await metrics.exposition())?.[1]);
  expect(await held()).toBe(bytes.length + text.length);
  expect(await send()).toMatchObject({ status: 503, headers: { 'retry-after': '3' } });
  expect(await held()).toBe(bytes.length + text.length);
  resolve();
  expect((await first).status).toBe(200);
  expect(await held()).toBe(0);
  expect((await send()).status).toBe(200);
});

test('of two requests that fit as they are sent, the one whose text finds no room is sent again', async () => {
  const { promise: durable, resolve } = Promise.withResolvers<void>();
  const bytes = ProtobufLogsSerializer.serializeRequest(records(EVENT, EVENT))!;
  const { url, delivered } = await setUp({ inFlightBytesMax: bytes.length * 4 }, durable);
  const send = () => post(`${url}/v1/logs`, bytes, { headers: PROTOBUF });
  const first = send();
  await expect.poll(() => delivered.length).toBe(1);
  expect((await send()).status).toBe(503);
  resolve();
  expect((await first).status).toBe(200);
  expect(delivered).toHaveLength(1);
});
