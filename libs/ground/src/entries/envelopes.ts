import { fields, isFields, list, nonEmptyText, text, type Fields } from '../fields.ts';
import { parseInstant, type Instant } from '../instant.ts';
import { textOfBytes } from './coded-text.ts';

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
  /** It is one only where what it holds has nothing in it. */
  readonly isEmpty?: true;
  /** What it holds was written to another log where one of these fields reads so. */
  readonly elsewhere?: readonly { readonly path: Path; readonly reads: RegExp }[];
  /** What it holds is never read: why, and what to do. */
  readonly unread?: string;
}

/** EKS delivers the logs of its control plane together: those of audit events are called `kube-apiserver-audit-…`. */
const OTHER_STREAMS =
  /^(kube-apiserver-(?!audit)|authenticator-|kube-controller-manager-|kube-scheduler-|cloud-controller-manager-)/;

/** Objects that have the kind of audit events in common with them. */
const NO_AUDIT_EVENT =
  'It is an Event object (kubectl get events), by which controllers say what they did; who changed what stands in the audit log of the API server (--audit-log-path).';

/** The columns in which Azure's own table has what an audit event has in its fields. */
const OWN_TABLE =
  'It is a row of Azure’s own table (AKSAudit), whose columns are no audit.k8s.io event: send the diagnostic category kube-audit to an Event Hub or a storage account.';

/** Every envelope that is known, in the order in which they are tried. */
export const ENVELOPES: readonly Envelope[] = [
  { by: 'Kubernetes: Event objects', holds: ['involvedObject'], unread: NO_AUDIT_EVENT },
  { by: 'Kubernetes: Event objects', holds: ['items', 0, 'involvedObject'], unread: NO_AUDIT_EVENT },
  { by: 'Kubernetes: Event objects of events.k8s.io', holds: ['regarding'], unread: NO_AUDIT_EVENT },
  {
    by: 'Falco',
    holds: ['output_fields'],
    unread: 'It is an alert of Falco, which tells of what its rules match: give the audit log itself.',
  },
  {
    by: 'CloudTrail',
    holds: ['eventSource'],
    only: { path: ['eventSource'], reads: /\.amazonaws\.com$/ },
    unread:
      'It is an event of CloudTrail, which tells of the API of AWS: the audit log of an EKS cluster is in CloudWatch, in the log group /aws/eks/NAME/cluster.',
  },
  {
    by: 'Rancher: the audit log of its own API',
    holds: ['requestTimestamp'],
    only: { path: ['method'], reads: /^[A-Z]+$/ },
    unread:
      'It is an entry of the audit log of Rancher’s own API: give the one of the cluster’s API server, which RKE2 and K3s write where their audit-policy-file is set.',
  },
  { by: 'Azure: AKSAudit', holds: ['properties', 'AuditId'], unread: OWN_TABLE },
  { by: 'Azure: AKSAudit', holds: ['AuditId'], unread: OWN_TABLE },
  {
    by: 'Azure: the table of a query',
    holds: ['tables', 0, 'columns'],
    unread:
      'It is the table that the API of Log Analytics answers with: give what `az monitor log-analytics query -o json` prints.',
  },
  {
    by: 'Elasticsearch: what to do with the next document',
    holds: ['index', '_index'],
    elsewhere: [{ path: ['index', '_index'], reads: /./ }],
  },
  {
    by: 'Elasticsearch: what to do with the next document',
    holds: ['create', '_index'],
    elsewhere: [{ path: ['create', '_index'], reads: /./ }],
  },
  // The index stands in the address that such lines are posted to, as with a data stream.
  ...['index', 'create'].map((action) => ({
    by: 'Elasticsearch: what to do with the next document',
    holds: [action],
    isEmpty: true as const,
    elsewhere: [{ path: [action], reads: /^$/ }],
  })),
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
    only: { path: ['records', 0, 'category'], reads: /./ },
    holds: ['properties', 'log'],
    time: ['time'],
    elsewhere: [{ path: ['category'], reads: /^(?!kube-audit)./ }],
  },
  { by: 'Firehose', list: ['records'] },
  {
    by: 'Firehose: what it could not deliver, in the bucket for that',
    holds: ['rawData'],
    time: ['arrivalTimestamp'],
  },
  { by: 'Kinesis and SNS as Lambda gets them, `aws kinesis get-records`', list: ['Records'] },
  { by: 'Kinesis', holds: ['kinesis', 'data'] },
  { by: 'a CloudWatch subscription as Lambda gets it', holds: ['awslogs', 'data'] },
  { by: 'Pub/Sub: a subscription’s answer', list: ['receivedMessages'] },
  { by: 'Pub/Sub', holds: ['message', 'data'] },
  { by: '`aws sqs receive-message`', list: ['Messages'] },
  { by: 'SNS as Lambda gets it', holds: ['Sns', 'Message'] },
  {
    by: 'Azure storage accounts: one diagnostic record a line (PT1H.json)',
    holds: ['properties', 'log'],
    time: ['time'],
    elsewhere: [{ path: ['category'], reads: /^(?!kube-audit)./ }],
  },
  {
    by: 'Cloud Audit Logs of other services than the API server of GKE',
    holds: ['protoPayload'],
    elsewhere: [{ path: ['protoPayload', 'serviceName'], reads: /./ }],
  },
  { by: 'Cloud Logging', holds: ['jsonPayload'], time: ['timestamp'] },
  { by: 'Cloud Logging', holds: ['textPayload'], time: ['timestamp'] },
  { by: 'Loki’s API', list: ['data', 'result'] },
  { by: 'Loki’s push API', list: ['streams'] },
  { by: 'Loki: a stream', list: ['values'], holds: [1], time: [0] },
  { by: 'Loki: a stream, as it was pushed once', list: ['entries'], holds: ['line'], time: ['ts'] },
  { by: 'Promtail: packed labels', holds: ['_entry'] },
  { by: '`logcli -o jsonl`', holds: ['line'], time: ['timestamp'] },
  { by: 'OpenTelemetry: logs of resources', list: ['resourceLogs'] },
  { by: 'OpenTelemetry: logs of a resource', list: ['scopeLogs'] },
  {
    by: 'OpenTelemetry: log records',
    list: ['logRecords'],
    holds: ['body'],
    time: ['timeUnixNano'],
  },
  { by: 'OpenTelemetry: a text', holds: ['stringValue'] },
  { by: 'OpenTelemetry: bytes', holds: ['bytesValue'] },
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
  { by: 'New Relic', list: ['logs'] },
  { by: 'Datadog: found logs', list: ['data'], holds: ['attributes'] },
  { by: 'Datadog: an archive', holds: ['attributes'] },
  { by: 'Azure Log Analytics: a found row', holds: ['log_s'], time: ['TimeGenerated'] },
  { by: 'Azure: diagnostic records whose text is read already', holds: ['properties'], time: ['time'] },
  { by: 'CloudEvents in Base64', holds: ['data_base64'] },
  { by: 'CloudEvents, Firehose, Pub/Sub', holds: ['data'] },
  { by: 'Kinesis', holds: ['Data'] },
  { by: 'EventBridge', holds: ['detail'] },
  { by: 'SNS', holds: ['Message'] },
  { by: 'SQS', holds: ['Body'] },
  { by: 'SQS as Lambda gets it', holds: ['body'] },
  { by: 'Kafka’s REST proxy', holds: ['value'] },
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
  const { list: listed, holds = [], only, isEmpty } = envelope;
  if (isEmpty && !isNothing(follow(value, holds))) return undefined;
  if (only && !only.reads.test(text(follow(value, only.path)))) return undefined;
  const elements = listed === undefined ? [value] : follow(value, listed);
  if (!Array.isArray(elements)) return undefined;
  const held = elements.map((element) => heldBy(envelope, value, element, holds));
  return listed === undefined && held[0]!.content === undefined ? undefined : held;
}

const isNothing = (value: unknown): boolean => isFields(value) && Object.keys(value).length === 0;

function heldBy({ time, elsewhere = [] }: Envelope, value: Fields, element: unknown, holds: Path): Held {
  const at = time && (timeOf(follow(element, time)) ?? timeOf(follow(value, time)));
  const isElsewhere = elsewhere.some(({ path, reads }) =>
    reads.test(nonEmptyText(follow(element, path)) ?? text(follow(value, path))),
  );
  const inside = plain(follow(element, holds));
  return {
    // An element that holds nothing of the kind is itself what has to be told.
    content: inside ?? (element === value ? undefined : element),
    ...(at !== undefined && { at }),
    elsewhere: isElsewhere,
  };
}

/** What stands in other JSON than it is: bytes one by one, as journald writes them, or a value with its type, as OpenTelemetry does. */
function plain(value: unknown): unknown {
  if (Array.isArray(value) && value.length > 0 && value.every((each) => Number.isInteger(each)))
    return textOfBytes(value as number[]);
  return isFields(value) && (isFields(value['kvlistValue']) || 'stringValue' in value)
    ? openTelemetryValue(value)
    : value;
}

/** The protocol’s AnyValue as JSON. */
function openTelemetryValue(any: unknown): unknown {
  const { kvlistValue, arrayValue, intValue, ...others } = fields(any);
  if (isFields(kvlistValue))
    return Object.fromEntries(
      list(kvlistValue['values']).map((pair) => [
        text(fields(pair)['key']),
        openTelemetryValue(fields(pair)['value']),
      ]),
    );
  if (isFields(arrayValue)) return list(arrayValue['values']).map(openTelemetryValue);
  if (intValue !== undefined) return Number(intValue);
  return others['stringValue'] ?? others['boolValue'] ?? others['doubleValue'] ?? null;
}

/** The record of `[time, record]` and `[[time, metadata], record]`, as Fluent Bit writes them; undefined for another list. */
export function fluentRecord(value: readonly unknown[]): { value: Fields; at?: Instant } | undefined {
  const [first, record] = value;
  if (value.length !== 2 || !isFields(record)) return undefined;
  const time: unknown = Array.isArray(first) ? first[0] : first;
  if (typeof time !== 'number') return undefined;
  const at = timeOf(time);
  return { value: record, ...(at !== undefined && { at }) };
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
