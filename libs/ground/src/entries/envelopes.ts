import { isFields, nonEmptyText, text, type Fields } from '../fields.ts';
import { parseInstant, type Instant } from '../instant.ts';

/** A step into JSON: a field's name, an index of a list, or the element of a list that calls itself so in its `field` and has a `value`. */
type Step = string | number | { readonly called: string };
type Path = readonly Step[];

/** What somebody puts around the lines of a log. */
export interface Envelope {
  /** Who makes it. */
  readonly by: string;
  /** Where in it is a list, each element of which holds something. */
  readonly list?: Path;
  /** Where in it, or in each element, is what it holds, a text or an object; the element itself unless given. */
  readonly holds?: Path;
  /** Where in it, or in each element, is the time at which the line was written; never one at which somebody read it. */
  readonly time?: Path;
  /** It is one only where this field, empty if there is none, reads so. */
  readonly only?: { readonly path: Path; readonly reads: RegExp };
  /** What it holds was written to another log where one of these fields reads so. */
  readonly elsewhere?: readonly { readonly path: Path; readonly reads: RegExp }[];
  /** What it holds is never read: why, and what to do. */
  readonly unread?: string;
}

/** EKS delivers the logs of its control plane together: those of audit events are called `kube-apiserver-audit-…`. */
const OTHER_STREAMS =
  /^(kube-apiserver-(?!audit)|authenticator-|kube-controller-manager-|kube-scheduler-|cloud-controller-manager-)/;

/** Every envelope that is known, in the order in which they are tried. */
export const ENVELOPES: readonly Envelope[] = [
  {
    by: 'the API server: an EventList',
    list: ['items'],
    only: { path: ['kind'], reads: /^(EventList)?$/ },
  },
  {
    by: 'a CloudWatch subscription',
    list: ['logEvents'],
    holds: ['message'],
    time: ['timestamp'],
    elsewhere: [
      { path: ['messageType'], reads: /^CONTROL_MESSAGE$/ },
      { path: ['logStream'], reads: OTHER_STREAMS },
    ],
  },
  {
    by: '`aws logs filter-log-events` and `get-log-events`',
    list: ['events'],
    holds: ['message'],
    time: ['timestamp'],
    elsewhere: [{ path: ['logStreamName'], reads: OTHER_STREAMS }],
  },
  {
    by: '`aws logs get-query-results` (CloudWatch Logs Insights)',
    list: ['results'],
    holds: [{ called: '@message' }],
    time: [{ called: '@timestamp' }],
    elsewhere: [{ path: [{ called: '@logStream' }], reads: OTHER_STREAMS }],
  },
  {
    by: 'Azure Event Hubs: diagnostic records',
    list: ['records'],
    holds: ['properties', 'log'],
    time: ['time'],
    elsewhere: [{ path: ['category'], reads: /^(?!kube-audit)./ }],
  },
  {
    by: 'Azure storage accounts: one diagnostic record a line (PT1H.json)',
    holds: ['properties', 'log'],
    time: ['time'],
    elsewhere: [{ path: ['category'], reads: /^(?!kube-audit)./ }],
  },
  {
    by: 'GKE: Cloud Audit Logs',
    holds: ['protoPayload'],
    unread:
      'It is an entry of Cloud Audit Logs (protoPayload), which is no audit.k8s.io event: it has no auditID and does not show dry runs. Follow the cluster by list and watch instead.',
  },
  { by: 'Cloud Logging', holds: ['jsonPayload'], time: ['timestamp'] },
  { by: 'Cloud Logging', holds: ['textPayload'], time: ['timestamp'] },
  { by: 'Loki’s API', list: ['data', 'result'] },
  { by: 'Loki’s push API', list: ['streams'] },
  { by: 'Loki: a stream', list: ['values'], holds: [1], time: [0] },
  { by: '`logcli -o jsonl`', holds: ['line'], time: ['timestamp'] },
  { by: 'OpenTelemetry: logs of resources', list: ['resourceLogs'] },
  { by: 'OpenTelemetry: logs of a resource', list: ['scopeLogs'] },
  {
    by: 'OpenTelemetry: log records',
    list: ['logRecords'],
    holds: ['body', 'stringValue'],
    time: ['timeUnixNano'],
  },
  { by: 'Elasticsearch: found documents', list: ['hits', 'hits'], holds: ['_source'] },
  { by: 'Elasticsearch: one document', holds: ['_source'] },
  { by: 'Elastic Agent’s Kubernetes integration', holds: ['kubernetes', 'audit'] },
  { by: 'Logstash, Filebeat and Elastic Agent: the original', holds: ['event', 'original'] },
  { by: 'OpenShift', holds: ['structured'] },
  { by: 'Splunk: a search’s results', holds: ['result', '_raw'] },
  { by: 'Splunk', holds: ['_raw'] },
  { by: 'Splunk’s HTTP event collector', holds: ['event'] },
  { by: 'Filebeat, Elastic Agent, Logstash, Vector, Fluentd', holds: ['message'] },
  { by: 'Docker, Fluent Bit, Fluentd', holds: ['log'], time: ['time'] },
  { by: 'journald', holds: ['MESSAGE'], time: ['__REALTIME_TIMESTAMP'] },
  { by: 'GELF', holds: ['full_message'] },
  { by: 'GELF', holds: ['short_message'] },
  { by: 'Kafka Connect', holds: ['payload'] },
  { by: 'rsyslog', holds: ['msg'] },
];

/** Fields of the outermost object whose list is read element by element, since it can be long. */
export const LIST_FIELDS: ReadonlySet<string> = new Set(
  ENVELOPES.flatMap(({ list = [] }) => (list.length === 1 ? [list[0] as string] : [])),
);

/** What an envelope, or an element of its list, holds. */
export interface Held {
  readonly content: unknown;
  readonly at?: Instant;
  readonly elsewhere: boolean;
}

/** What an envelope holds; undefined where the value is no such envelope. */
export function heldIn(envelope: Envelope, value: Fields): readonly Held[] | undefined {
  const { list, holds = [], only } = envelope;
  if (only && !only.reads.test(text(follow(value, only.path)))) return undefined;
  const elements = list === undefined ? [value] : follow(value, list);
  if (!Array.isArray(elements)) return undefined;
  const held = elements.map((element) => heldBy(envelope, value, element, holds));
  return list === undefined && held[0]!.content === undefined ? undefined : held;
}

function heldBy({ time, elsewhere = [] }: Envelope, value: Fields, element: unknown, holds: Path): Held {
  const at = time && (timeOf(follow(element, time)) ?? timeOf(follow(value, time)));
  const isElsewhere = elsewhere.some(({ path, reads }) =>
    reads.test(nonEmptyText(follow(element, path)) ?? text(follow(value, path))),
  );
  const inside = follow(element, holds);
  return {
    // An element that holds nothing of the kind is itself what has to be told.
    content: inside ?? (element === value ? undefined : element),
    ...(at !== undefined && { at }),
    elsewhere: isElsewhere,
  };
}

function follow(value: unknown, path: Path): unknown {
  let found = value;
  for (const step of path) {
    if (typeof step === 'string') found = isFields(found) ? found[step] : undefined;
    else if (!Array.isArray(found)) return undefined;
    else if (typeof step === 'number') found = found[step];
    else {
      const cell: unknown = found.find((each) => isFields(each) && each['field'] === step.called);
      found = isFields(cell) ? cell['value'] : undefined;
    }
  }
  return found;
}

/** A time in whatever form: RFC 3339, also with a blank for the T, or a number of seconds, milli-, micro- or nanoseconds. */
function timeOf(value: unknown): Instant | undefined {
  if (typeof value === 'string' && !/^\d+(\.\d+)?$/.test(value)) {
    return parseInstant(value) ?? parseInstant(`${value.replace(' ', 'T')}Z`);
  }
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || !(number > 0)) return undefined;
  const perSecond = number > 1e17 ? 1e9 : number > 1e14 ? 1e6 : number > 1e11 ? 1e3 : 1;
  const instant = Math.round((number / perSecond) * 1e6);
  return Number.isSafeInteger(instant) ? instant : undefined;
}
