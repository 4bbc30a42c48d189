import { expect, test } from 'vitest';
import { readLine } from './read-line.ts';
import { event, policy } from './testing/events.ts';

const one = event();
const other = event({ auditID: 'a2', responseObject: policy({ resourceVersion: '8' }) });
const json = JSON.stringify;
const list = { kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items: [one, other] };
const azure = (log: unknown, category?: string) => ({
  records: [{ time: 'x', ...(category !== undefined && { category }), properties: { pod: 'api-1', log } }],
});
const nestedIn = (wrap: (inner: unknown) => unknown, times: number): unknown => {
  let value: unknown = one;
  for (let i = 0; i < times; i++) value = wrap(value);
  return value;
};

/** The resourceVersions that were read, and what else became of the line. */
const said = (line: string) =>
  readLine(line, { source: 'log', position: 5 }).map((reading) =>
    reading.kind === 'changes' ? reading.changes[0]?.resourceVersion : reading.reason,
  );

test.each<[string, string, (string | undefined)[]]>([
  ['a bare event', json(one), ['7']],
  ['with blanks around it', ` ${json(one)}\r`, ['7']],
  ['an EventList', json(list), ['7', '8']],
  ['an EventList whose kind the forwarder dropped', json({ items: [one] }), ['7']],
  ['an empty EventList', json({ ...list, items: [] }), []],
  ['an array of events', json([one, other]), ['7', '8']],
  ['an array of lists', json([list, list]), ['7', '8', '7', '8']],
  ['several lines in one message', `${json(one)}\n\n${json(other)}\n`, ['7', '8']],
  ['one of which is broken', `${json(one)}\n{"kind":`, ['7', 'not-json']],
  ['Fluent Bit: log as a text', json({ date: 1.5, log: json(one) }), ['7']],
  ['Fluent Bit: log as an object', json({ log: one }), ['7']],
  [
    'Fluent Bit: the fields of the event beside a time',
    json({ '@timestamp': 1_700_000_000.12, ...one }),
    ['7'],
  ],
  ['Vector, Filebeat: message', json({ message: json(one), host: 'h' }), ['7']],
  ['Filebeat: the original', json({ event: { original: json(one) } }), ['7']],
  ['Vector: a decoded list', json({ path: '/', items: [one, other] }), ['7', '8']],
  [
    'CloudWatch',
    json({
      messageType: 'DATA_MESSAGE',
      logEvents: [{ id: '1', message: json(one) }, { message: json(other) }],
    }),
    ['7', '8'],
  ],
  [
    'EKS: the other logs of its control plane',
    json({ logStream: 'kube-scheduler-0a1', logEvents: [{ message: 'I1124 started' }] }),
    ['out-of-kind'],
  ],
  [
    'Filebeat: which file, and the line',
    json({ log: { offset: 1, file: { path: 'a' } }, message: json(one) }),
    ['7'],
  ],
  [
    'CloudWatch asks whether anybody is there',
    json({ messageType: 'CONTROL_MESSAGE', logEvents: [{ message: 'hello' }] }),
    ['out-of-kind'],
  ],
  ['Azure: text', json(azure(json(one), 'kube-audit')), ['7']],
  ['Azure: object', json(azure(one, 'kube-audit-admin')), ['7']],
  ['Azure: no category', json(azure(json(one))), ['7']],
  ['Azure: other logs of the same hub', json(azure('I1124 started', 'kube-scheduler')), ['out-of-kind']],
  ['Azure: one record by itself', json(azure(json(one), 'kube-audit').records[0]), ['7']],
  ['Azure: a record without a log', json({ records: [{ properties: {} }] }), ['not-an-audit-event']],
  ['an envelope in an envelope', json({ message: json({ log: json(list) }) }), ['7', '8']],
  ['an envelope with a broken event', json({ log: '{"kind":' }), ['not-json']],
  ['an envelope with anything else', json({ message: json({ level: 'info' }) }), ['not-an-audit-event']],
  ['too many envelopes', json(nestedIn((inner) => ({ log: inner }), 20)), ['not-an-audit-event']],
  ['arrays without end', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, ['not-an-audit-event']],
  ['nothing', '', []],
  ['blanks', ' \t', []],
  ['no JSON', 'hello', ['not-json']],
  ['a half-written line', json(one).slice(0, 100), ['not-json']],
  ['a line that was cut off', `${json(one).slice(0, 100)}[Truncated...]`, ['truncated']],
  ['a number', '5', ['not-an-audit-event']],
  ['null', 'null', ['not-an-audit-event']],
  ['an object of something else', '{"a":1}', ['not-an-audit-event']],
])('%s', (_, line, expected) => {
  expect(said(line)).toEqual(expected);
});

test.each([
  ['hello '.repeat(100), /^Not JSON \(599 characters, imprint [0-9a-f]{10}\)$/],
  ['{"a":1,}', /^Not JSON: it is no JSON from character 8 on \(8 characters, /],
  ['{"a":"b', /^Not JSON: it breaks off at its end \(7 characters, /],
  ['2026-11-24T01:02:03Z AUDIT: id="a" stage="ResponseComplete"', /--audit-log-format=json/],
  ['{"auditID":"a1"[Truncated...]', /^An event: it was cut off \(29 characters, imprint [0-9a-f]{10}\)\.$/],
])('of a line that is no JSON it is told how long it is, and what can be done: %s', (line, message) => {
  expect(readLine(line, { source: 'log', position: 1 })).toMatchObject([
    { message: expect.stringMatching(message) as string },
  ]);
});

/** As the API server writes an event: the objects, which are long, stand before the times. */
const written = (fields: object = {}) =>
  json({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: 'a1',
    stage: 'ResponseComplete',
    requestURI: '/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/web',
    verb: 'update',
    user: { username: 'ops' },
    objectRef: { resource: 'networkpolicies', namespace: 'shop', name: 'web', apiGroup: 'networking.k8s.io' },
    responseStatus: { code: 200 },
    requestObject: { spec: { note: 'x'.repeat(20_000) } },
    stageTimestamp: '2026-11-24T01:02:03.000000Z',
    ...fields,
  });

test.each<[string, string, object]>([
  [
    'of which it is known when',
    json(azure(written().slice(0, 16_384), 'kube-audit')).replace(
      '"time":"x"',
      '"time":"2026-11-24T01:02:03Z"',
    ),
    {
      kind: 'doubtful',
      at: Date.UTC(2026, 10, 24, 1, 2, 3) * 1000,
      reason: 'no-content',
      message: expect.stringMatching(
        /^update networkpolicies shop\/web: it was cut off \(16,384 characters, /,
      ) as string,
    },
  ],
  [
    'of which it is not known when',
    json(azure(written().slice(0, 16_384), 'kube-audit')),
    {
      kind: 'unusable',
      reason: 'truncated',
      message: expect.stringContaining('networkpolicies shop/web') as string,
    },
  ],
  [
    'by CloudWatch',
    json({
      logStream: 'kube-apiserver-audit-1',
      logEvents: [{ timestamp: 1_795_482_123_000, message: `${written().slice(0, 16_384)}[Truncated...]` }],
    }),
    { kind: 'doubtful', at: 1_795_482_123_000_000, reason: 'no-content' },
  ],
  [
    'in a file',
    `${written().slice(0, 16_384)}\n`,
    {
      kind: 'unusable',
      reason: 'not-json',
      message: expect.stringContaining('networkpolicies shop/web') as string,
    },
  ],
  [
    'of what is not kept',
    written({ verb: 'get' }).slice(0, 16_384),
    { kind: 'ignored', reason: 'read-only' },
  ],
  [
    'before it says which object',
    json({ message: written().slice(0, 250) }),
    { kind: 'unusable', reason: 'truncated' },
  ],
])('an event that was cut off, %s', (_, text, expected) => {
  expect(readLine(text, { source: 'log', position: 5 })).toMatchObject([expected]);
});

test('all events of a line have its origin', () => {
  const origin = { source: 'log', position: 5 };
  const origins = readLine(json(list), origin).map(
    (reading) => reading.kind === 'changes' && reading.changes[0]?.origin,
  );
  expect(origins).toEqual([origin, origin]);
});
