import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fields } from '../fields.ts';
import { entriesIn, ENVELOPES, type Envelope } from './index.ts';

const bare = ({ n }: Fields) => typeof n === 'number';
const json = JSON.stringify;
const coded = (text: string) => Buffer.from(text).toString('base64');
const packed = (text: string) => gzipSync(text).toString('base64');
const WRITTEN = Date.UTC(2026, 10, 24, 1, 2, 3) * 1000;

/** A line in an envelope, as those write it who make such ones: from their documentation or their own output. */
const SAMPLES: Readonly<Record<string, (line: string) => unknown>> = {
  'the API server: an EventList': (line) => ({
    kind: 'EventList',
    apiVersion: 'audit.k8s.io/v1',
    metadata: {},
    items: [JSON.parse(line)],
  }),
  'a CloudWatch subscription': (message) => ({
    messageType: 'DATA_MESSAGE',
    owner: '000000000000',
    logGroup: '/aws/eks/demo/cluster',
    logStream: 'kube-apiserver-audit-0a1b',
    subscriptionFilters: ['all'],
    logEvents: [{ id: '0', timestamp: WRITTEN / 1000, message }],
  }),
  '`aws logs filter-log-events` and `get-log-events`': (message) => ({
    events: [
      {
        logStreamName: 'kube-apiserver-audit-0a1b',
        timestamp: WRITTEN / 1000,
        message,
        ingestionTime: WRITTEN / 1000 + 900,
        eventId: '1',
      },
    ],
    searchedLogStreams: [],
  }),
  '`aws logs get-query-results` (CloudWatch Logs Insights)': (value) => ({
    results: [
      [
        { field: '@timestamp', value: '2026-11-24 01:02:03.000' },
        { field: '@message', value },
        { field: '@ptr', value: 'Cn' },
      ],
    ],
    statistics: {},
    status: 'Complete',
  }),
  'Azure Event Hubs: diagnostic records': (log) => ({
    records: [
      {
        time: '2026-11-24T01:02:03.0000000Z',
        category: 'kube-audit-admin',
        operationName: 'Microsoft.ContainerService/managedClusters/diagnosticLogs/Read',
        resourceId: '/SUBSCRIPTIONS/0/X',
        properties: { log: `${log}\n`, stream: 'stdout', pod: 'kube-apiserver-1' },
      },
    ],
  }),
  'Azure storage accounts: one diagnostic record a line (PT1H.json)': (log) => ({
    time: '2026-11-24T01:02:03Z',
    category: 'kube-audit',
    properties: { log, stream: 'stdout', pod: 'kube-apiserver-1' },
  }),
  'Cloud Logging': (line) => ({
    insertId: 'x',
    jsonPayload: JSON.parse(line),
    timestamp: '2026-11-24T01:02:03Z',
  }),
  'Loki’s API': (line) => ({
    status: 'success',
    data: {
      resultType: 'streams',
      result: [{ stream: { job: 'audit' }, values: [[String(WRITTEN) + '000', line]] }],
    },
  }),
  'Loki’s push API': (line) => ({
    streams: [{ stream: { job: 'audit' }, values: [[String(WRITTEN) + '000', line]] }],
  }),
  '`logcli -o jsonl`': (line) => ({ labels: { job: 'audit' }, line, timestamp: '2026-11-24T01:02:03Z' }),
  'OpenTelemetry: logs of resources': (line) => ({
    resourceLogs: [
      {
        resource: {},
        scopeLogs: [
          { scope: {}, logRecords: [{ timeUnixNano: `${WRITTEN}000`, body: { stringValue: line } }] },
        ],
      },
    ],
  }),
  'Elasticsearch: found documents': (line) => ({
    took: 1,
    hits: { hits: [{ _id: '1', _source: JSON.parse(line) }] },
  }),
  'Elasticsearch: one document': (line) => ({ _index: 'audit', _id: '1', _source: { message: line } }),
  'Elastic Agent’s Kubernetes integration': (line) => ({
    data_stream: { dataset: 'kubernetes.audit_logs' },
    kubernetes: { audit: JSON.parse(line) },
  }),
  'Logstash, Filebeat and Elastic Agent: the original': (original) => ({
    '@version': '1',
    event: { original, dataset: 'kubernetes.audit_logs' },
  }),
  OpenShift: (line) => ({ '@timestamp': 'x', log_type: 'audit', structured: JSON.parse(line) }),
  'Splunk: a search’s results': (_raw) => ({ preview: false, result: { _raw, host: 'h' } }),
  Splunk: (_raw) => ({ _raw, _time: '1' }),
  'Splunk’s HTTP event collector': (line) => ({ time: 1, sourcetype: 'kube', event: JSON.parse(line) }),
  'Filebeat, Elastic Agent, Logstash, Vector, Fluentd': (message) => ({
    '@timestamp': '2026-11-24T09:00:00Z',
    agent: { type: 'filebeat' },
    ecs: { version: '8.0.0' },
    event: { dataset: 'generic' },
    log: { offset: 1024, file: { path: '/var/log/audit.log' } },
    message,
  }),
  'Docker, Fluent Bit, Fluentd': (line) => ({
    log: `${line}\n`,
    stream: 'stdout',
    time: '2026-11-24T01:02:03.000000000Z',
  }),
  journald: (MESSAGE) => ({
    MESSAGE,
    PRIORITY: '6',
    __REALTIME_TIMESTAMP: String(WRITTEN),
    _SYSTEMD_UNIT: 'kube-apiserver.service',
  }),
  GELF: (full_message) => ({ version: '1.1', host: 'h', short_message: 'audit', full_message }),
  'Kafka Connect': (payload) => ({ schema: { type: 'string', optional: false }, payload }),
  Firehose: (line) => ({ requestId: 'r', timestamp: 1, records: [{ data: coded(line) }] }),
  'Firehose: what it could not deliver, in the bucket for that': (line) => ({
    attemptsMade: 5,
    arrivalTimestamp: WRITTEN / 1000,
    errorCode: 'HttpEndpoint.DestinationException',
    errorMessage: 'The following response was received from the endpoint destination. 503: {}',
    attemptEndingTimestamp: WRITTEN / 1000 + 7_200_000,
    rawData: packed(line),
  }),
  'Kinesis and SNS as Lambda gets them, `aws kinesis get-records`': (line) => ({
    Records: [{ SequenceNumber: '1', Data: coded(line), PartitionKey: 'p' }],
    MillisBehindLatest: 0,
  }),
  Kinesis: (line) => ({ eventSource: 'aws:kinesis', kinesis: { partitionKey: 'p', data: packed(line) } }),
  'a CloudWatch subscription as Lambda gets it': (line) => ({ awslogs: { data: packed(line) } }),
  'Pub/Sub: a subscription’s answer': (line) => ({
    receivedMessages: [{ ackId: 'a', message: { data: coded(line), messageId: '1' } }],
  }),
  'Pub/Sub': (line) => ({
    message: { data: coded(line), messageId: '1', publishTime: '2026-11-24T09:00:00Z' },
    subscription: 'projects/p/subscriptions/s',
  }),
  '`aws sqs receive-message`': (Body) => ({ Messages: [{ MessageId: 'm', ReceiptHandle: 'r', Body }] }),
  'SNS as Lambda gets it': (Message) => ({ EventSource: 'aws:sns', Sns: { Type: 'Notification', Message } }),
  SNS: (Message) => ({ Type: 'Notification', MessageId: 'm', Message }),
  SQS: (Body) => ({ MessageId: 'm', Body }),
  'SQS as Lambda gets it': (body) => ({ messageId: 'm', receiptHandle: 'r', body }),
  'Loki: a stream, as it was pushed once': (line) => ({
    labels: '{job="audit"}',
    entries: [{ ts: '2026-11-24T01:02:03Z', line }],
  }),
  'Promtail: packed labels': (_entry) => ({ app: 'audit', _entry }),
  'OpenTelemetry: a text': (line) => ({ body: { stringValue: line } }),
  'OpenTelemetry: bytes': (line) => ({ body: { bytesValue: Buffer.from(line).toString('base64') } }),
  'New Relic': (message) => ({ common: {}, logs: [{ timestamp: 1, message }] }),
  'Datadog: found logs': (message) => ({ data: [{ id: 'a', type: 'log', attributes: { message } }] }),
  'Datadog: an archive': (line) => ({ _id: 'x', attributes: JSON.parse(line) }),
  'Azure Log Analytics: a found row': (log_s) => ({
    TableName: 'PrimaryResult',
    TimeGenerated: '2026-11-24T01:02:03Z',
    log_s,
  }),
  'Azure: diagnostic records whose text is read already': (line) => ({
    time: '2026-11-24T01:02:03Z',
    category: 'kube-audit',
    properties: JSON.parse(line),
  }),
  'CloudEvents in Base64': (line) => ({ specversion: '1.0', id: '1', data_base64: coded(line) }),
  'CloudEvents, Firehose, Pub/Sub': (line) => ({ specversion: '1.0', id: '1', data: JSON.parse(line) }),
  EventBridge: (line) => ({ version: '0', 'detail-type': 'audit', detail: JSON.parse(line) }),
  'Kafka’s REST proxy': (line) => ({
    topic: 'a',
    partition: 0,
    offset: 1,
    key: null,
    value: JSON.parse(line),
  }),
  rsyslog: (msg) => ({ '@timestamp': 'x', host: 'h', severity: 'info', msg }),
};
/** Parts of others, which stand in their samples, and what is never read. */
const NOT_ALONE = [
  'Loki: a stream',
  'OpenTelemetry: logs of a resource',
  'OpenTelemetry: log records',
  'Cloud Audit Logs of other services than the API server of GKE',
  ...new Set(
    ENVELOPES.filter(({ unread, elsewhere }) => unread ?? elsewhere).flatMap(({ by }) =>
      by in SAMPLES ? [] : [by],
    ),
  ),
];

test('there is a sample of every envelope', () => {
  expect(new Set(ENVELOPES.map(({ by }) => by))).toEqual(new Set([...Object.keys(SAMPLES), ...NOT_ALONE]));
});

const timed = (by: string) =>
  ENVELOPES.some((envelope: Envelope) => envelope.by === by && envelope.time !== undefined) ||
  /^Loki|resources$/.test(by);

test.each(Object.entries(SAMPLES))('%s', (by, wrap) => {
  expect(entriesIn(json(wrap(json({ n: 7 }))), bare)).toEqual([
    { kind: 'value', line: 1, value: { n: 7 }, ...(timed(by) && { at: WRITTEN }) },
  ]);
});

test.each(Object.entries(SAMPLES))('%s, over several lines', (_, wrap) => {
  const text = json(wrap(json({ n: 7 })), undefined, 2);
  expect(entriesIn(text, bare).map((entry) => entry.kind === 'value' && entry.value)).toEqual([{ n: 7 }]);
});

test('envelopes may stand in each other, each event in as many as there are hands', () => {
  const wraps = fc.array(fc.constantFrom(...Object.values(SAMPLES)), { maxLength: 4 });
  fc.assert(
    fc.property(fc.array(wraps, { minLength: 1, maxLength: 5 }), fc.constantFrom(0, 2), (chains, indent) => {
      const lines = chains.map((chain, n) =>
        json(
          chain.reduce<unknown>((inner, wrap) => wrap(json(inner)), { n, text: 'é"\\\n{' }),
          undefined,
          indent,
        ),
      );
      const found = entriesIn(lines.join('\n'), bare);
      expect(found.map((entry) => entry.kind === 'value' && (entry.value as { n: number }).n)).toEqual(
        chains.map((_, n) => n),
      );
    }),
    { numRuns: 500 },
  );
});

test.each<[string, unknown, string[]]>([
  [
    'other logs of the control plane of EKS',
    { logStream: 'authenticator-0a1', logEvents: [{ message: 'time="x" level=info' }] },
    ['elsewhere'],
  ],
  [
    'and by the command line',
    {
      events: [
        { logStreamName: 'kube-scheduler-0a1', message: 'I1124 x' },
        { logStreamName: 'kube-apiserver-audit-0a1', message: '{"n":1}' },
        { logStreamName: 'my-own', message: '{"n":1}' },
      ],
    },
    ['elsewhere', 'value', 'value'],
  ],
  ['other categories of Azure', { category: 'kube-scheduler', properties: { log: 'I1124' } }, ['elsewhere']],
  [
    'Cloud Audit Logs of other services',
    { insertId: 'x', protoPayload: { serviceName: 'container.googleapis.com' } },
    ['elsewhere'],
  ],
  [
    'and in Pub/Sub',
    { message: { data: coded(json({ protoPayload: { serviceName: 'x' } })) } },
    ['elsewhere'],
  ],
  ['those of no service', { insertId: 'x', protoPayload: {} }, ['value']],
  [
    'what kubectl get events gives',
    { kind: 'List', items: [{ reason: 'Pulled', involvedObject: {} }] },
    ['unread'],
  ],
  [
    'and as the API server lists it',
    { kind: 'EventList', items: [{ involvedObject: {}, message: '{' }] },
    ['unread'],
  ],
  ['events of events.k8s.io', { kind: 'Event', regarding: {}, note: '{}' }, ['unread']],
  ['alerts of Falco', { rule: 'x', output_fields: { 'ka.verb': 'create' } }, ['unread']],
  ['events of CloudTrail', { Records: [{ eventSource: 'eks.amazonaws.com' }] }, ['unread']],
  ['Rancher’s own audit log', { method: 'GET', requestTimestamp: 'x' }, ['unread']],
  ['rows of Azure’s own table', { records: [{ properties: { AuditId: 'x' } }] }, ['unread']],
  ['tables of Log Analytics', { tables: [{ columns: [], rows: [] }] }, ['unread']],
  ['what a bulk request is to do', { index: { _index: 'a' } }, ['elsewhere']],
  ['and where the index stands in its address', { create: {} }, ['elsewhere']],
  ['and as older ones write it', { index: {} }, ['elsewhere']],
  ['something in a field that is called so', { create: { n: 1 } }, ['value']],
  ['bytes, as journald writes them', { MESSAGE: [...Buffer.from('{"n":1,"ü":1}')] }, ['value']],
  ['a field that journald has twice', { MESSAGE: ['{"n":1}', 'x'] }, ['value', 'value']],
  ['texts in a list', ['{"n":1}', coded('{"n":2}')], ['value', 'value']],
  ['a text in a text', '{"n":1}', ['value']],
  ['records of Fluent Bit', [1767225600.5, { n: 1 }], ['value']],
  ['and with metadata', [[1767225600.5, {}], { log: '{"n":1}' }], ['value']],
  [
    'values with their types',
    { body: { kvlistValue: { values: [{ key: 'n', value: { intValue: '1' } }] } } },
    ['value'],
  ],
  ['an empty line', { message: '' }, []],
  ['a line that is no JSON', { message: 'I1124 started' }, ['text']],
  ['lists of other things', { kind: 'PodList', items: [{ n: 1 }] }, ['value']],
])('%s', (_, value, expected) => {
  expect(entriesIn(json(value), bare).map(({ kind }) => kind)).toEqual(expected);
});
