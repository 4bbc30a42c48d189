import { fileURLToPath } from 'node:url';
import { changesIn, type Change } from '@margay/history';
import { openMetrics, readConfig, silentLog } from '@margay/runtime';
import { readLines } from '@margay/sources';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { config } from './config.ts';
import { readRawText } from './sources/read-raw-text.ts';
import { serveAuditWebhook } from './sources/webhook/audit-webhook.ts';

const RECORDING = fileURLToPath(new URL('../../../test/clusters/cluster-a/audit.jsonl.gz', import.meta.url));

/** The recording's events as the API server wrote them, and what they say when the file is read. */
const recorded: { events: string[]; kinds: string[]; changes: Map<string, unknown> } = {
  events: [],
  kinds: [],
  changes: new Map(),
};
/** What a change says, but for where it was read. */
const told = ({ origin: _origin, ...rest }: Change) => rest;

beforeAll(async () => {
  for await (const lines of readLines(RECORDING)) {
    for (const { text, number } of lines) {
      recorded.events.push(text);
      for (const reading of readRawText({ text, origin: { source: 'file', position: number } })) {
        recorded.kinds.push(reading.kind);
        for (const change of changesIn(reading)) recorded.changes.set(change.id, told(change));
      }
    }
  }
});

/** An open webhook whose sink fails as told, and what arrived there. */
async function setUp(fails: () => boolean = () => false) {
  const arrived = { kinds: [] as string[], changes: new Map<string, unknown>() };
  const settings = readConfig(config, {
    KAFKA_BROKERS: 'unused:1',
    AUDIT_WEBHOOK_HOST: '127.0.0.1',
    AUDIT_WEBHOOK_PORT: '0',
    AUDIT_WEBHOOK_INSECURE: 'true',
  });
  const server = await serveAuditWebhook(
    settings,
    async (_, texts) => {
      const readings = texts.flatMap(readRawText);
      if (fails()) throw new Error('the sink is away');
      for (const reading of readings) {
        arrived.kinds.push(reading.kind);
        for (const change of changesIn(reading)) arrived.changes.set(change.id, told(change));
      }
    },
    { metrics: openMetrics({ defaults: false }), log: silentLog },
  );
  onTestFinished(() => server!.close());
  const post = async (node: string, body: string, type = 'application/json') => {
    const answer = await fetch(`${server!.url}/audit/v1/clusters/cluster/sources/${node}?timeout=30s`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    await answer.body?.cancel();
    return answer.status;
  };
  return { arrived, post };
}

const eventList = (events: string[]) =>
  `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${events.join(',')}]}`;

const batchesOf = (size: number) =>
  Array.from({ length: Math.ceil(recorded.events.length / size) }, (_, i) =>
    recorded.events.slice(i * size, (i + 1) * size),
  );

test('the recorded cluster says the same through two API servers’ webhooks, with a sink that fails every third time', async () => {
  let calls = 0;
  const { arrived, post } = await setUp(() => ++calls % 3 === 0);
  let again = 0;
  const send = async (node: string, events: string[]) => {
    while ((await post(node, eventList(events))) !== 200) again++;
  };
  // Both servers send their batches at once, as the API server does, the second one from the end.
  const batches = batchesOf(100);
  await Promise.all(batches.map((events, i) => send(`node-${i % 2}`, events)).toReversed());
  expect(recorded.changes.size).toBeGreaterThan(500);
  expect(again).toBeGreaterThan(5);
  expect(arrived.changes).toEqual(recorded.changes);
  expect(arrived.kinds.toSorted()).toEqual(recorded.kinds.toSorted());
});

test.each<[string, string, (events: string[]) => string]>([
  ['an array', 'application/json', (events) => `[${events.join(',')}]`],
  ['a value a line', 'application/x-ndjson', (events) => events.join('\n')],
  [
    'Fluent Bit, lines',
    'application/x-ndjson',
    (events) => events.map((log) => JSON.stringify({ log })).join('\n'),
  ],
  [
    'Fluent Bit, parsed',
    'application/json',
    (events) => `[${events.map((event) => `{"date":1700000000.12,"log":${event}}`).join(',')}]`,
  ],
  [
    'Vector',
    'application/x-ndjson',
    (events) => events.map((message) => JSON.stringify({ message })).join('\n'),
  ],
  [
    'Filebeat',
    'application/json',
    (events) => JSON.stringify(events.map((original) => ({ event: { original } }))),
  ],
  [
    'CloudWatch',
    'application/json',
    (events) =>
      JSON.stringify({ messageType: 'DATA_MESSAGE', logEvents: events.map((message) => ({ message })) }),
  ],
  [
    'Event Hubs',
    'application/json',
    (events) =>
      JSON.stringify({
        records: events.map((log) => ({ category: 'kube-audit-admin', properties: { log } })),
      }),
  ],
])('the envelope of %s changes nothing', async (_, type, wrap) => {
  const { arrived, post } = await setUp();
  for (const events of batchesOf(400)) expect(await post('n', wrap(events), type)).toBe(200);
  expect(arrived.changes).toEqual(recorded.changes);
  expect(arrived.kinds).toHaveLength(recorded.kinds.length);
});

test.each([
  ['no JSON at all', 'hello', ['unusable']],
  ['half an event', recordedHalf, ['unusable']],
  [
    'a line of the legacy format',
    '2026-11-24T01:02:03Z AUDIT: id="1" stage="ResponseComplete"',
    ['unusable'],
  ],
  ['something else', '{"protoPayload":{}}', ['unusable']],
  ['an empty list', '{"kind":"EventList","items":[]}', []],
  ['a bad event among lines', '{"log":"not JSON"}\n{"kind":"EventList","items":[]}', ['unusable']],
])('poison is answered 200 and is told: %s', async (_, body, kinds) => {
  const { arrived, post } = await setUp();
  expect(await post('n', typeof body === 'string' ? body : body())).toBe(200);
  expect(arrived.kinds).toEqual(kinds);
});

function recordedHalf(): string {
  return recorded.events[0]!.slice(0, 500);
}
