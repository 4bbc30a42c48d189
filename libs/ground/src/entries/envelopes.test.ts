import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fields } from '../fields.ts';
import { entriesIn, ENVELOPES, type Envelope } from './index.ts';

const bare = ({ n }: Fields) => typeof n === 'number';
const json = JSON.stringify;
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
  rsyslog: (msg) => ({ '@timestamp': 'x', host: 'h', severity: 'info', msg }),
};
/** Parts of others, which stand in their samples, and what is never read. */
const NOT_ALONE = [
  'Loki: a stream',
  'OpenTelemetry: logs of a resource',
  'OpenTelemetry: log records',
  'GKE: Cloud Audit Logs',
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
  ['Cloud Audit Logs', { insertId: 'x', protoPayload: { methodName: 'x' } }, ['unread']],
  ['an empty line', { message: '' }, []],
  ['a line that is no JSON', { message: 'I1124 started' }, ['text']],
  ['lists of other things', { kind: 'PodList', items: [{ n: 1 }] }, ['value']],
])('%s', (_, value, expected) => {
  expect(entriesIn(json(value), bare).map(({ kind }) => kind)).toEqual(expected);
});
