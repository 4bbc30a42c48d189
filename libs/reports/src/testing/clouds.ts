import { gzipSync } from 'node:zlib';
import { fields, text, type Fields } from '@margay/ground';

/**
 * What providers make of an API server's audit events: with the level that their audit policy has for each, and in the envelopes in which
 * they hand them on, as their documentation has these. Nothing here was recorded at a provider.
 */
export type Provider = (events: readonly Fields[]) => string[];

/** Groups whose writes Kubernetes’ reference policy (`cluster/gce/gci/configure-helper.sh`) logs with their bodies: those that it knows. */
const KNOWN_GROUPS = new Set(
  ['admissionregistration', 'apiextensions', 'apiregistration', 'apps', 'authentication', 'authorization']
    .concat(['autoscaling', 'batch', 'certificates', 'extensions', 'metrics', 'networking', 'node', 'policy'])
    .concat(['rbac.authorization', 'scheduling', 'storage'])
    .map((group) => `${group}.k8s.io`)
    .concat('', 'apps', 'autoscaling', 'batch', 'extensions', 'policy'),
);
const SECRETS = new Set(['secrets', 'configmaps', 'serviceaccounts/token', 'tokenreviews']);

type Level = 'None' | 'Metadata' | 'Request' | 'RequestResponse';

/** The level of an event by the reference policy, which EKS and AKS have with little added. */
export function referenceLevel(event: Fields): Level {
  const { apiGroup, resource, subresource } = fields(event['objectRef']);
  const { username } = fields(event['user']);
  const what = [text(resource), text(subresource)].filter((part) => part !== '').join('/');
  if (what === 'pods/status' && event['verb'] === 'patch') return 'Request';
  if (event['verb'] === 'deletecollection' && text(username).endsWith(':namespace-controller'))
    return 'Request';
  if (SECRETS.has(what)) return 'Metadata';
  return KNOWN_GROUPS.has(text(apiGroup)) ? 'RequestResponse' : 'Metadata';
}

/** An event as it is logged at a level; undefined where it is not. */
export function logged(event: Fields, level: Level): Fields | undefined {
  const { requestObject, responseObject, ...rest } = event;
  if (level === 'None') return undefined;
  if (level === 'Metadata') return { ...rest, level };
  if (level === 'Request') return { ...rest, level, requestObject };
  return event;
}

const atLevel = (events: readonly Fields[], levelOf: (event: Fields) => Level): Fields[] =>
  events.map((event) => logged(event, levelOf(event))).filter((event) => event !== undefined);

const json = JSON.stringify;
const millisecondsOf = (event: Fields): number => Date.parse(text(event['stageTimestamp']));

function inBatches<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

/** What a subscription of CloudWatch Logs hands on, as Firehose packs it into the request to an HTTP endpoint. */
export function firehoseRequest(
  messages: readonly { readonly at: number; readonly message: string }[],
  n: number,
) {
  const subscription = {
    messageType: 'DATA_MESSAGE',
    owner: '000000000000',
    logGroup: '/aws/eks/shop/cluster',
    logStream: 'kube-apiserver-audit-0123456789abcdef0123456789abcdef',
    subscriptionFilters: ['margay'],
    logEvents: messages.map(({ at, message }, i) => ({ id: `${n}-${i}`, timestamp: at, message })),
  };
  const health = {
    messageType: 'CONTROL_MESSAGE',
    owner: 'CloudwatchLogs',
    logGroup: '',
    logStream: '',
    subscriptionFilters: [],
    logEvents: [
      { id: '', timestamp: 1, message: 'CWL CONTROL MESSAGE: Checking health of destination Firehose.' },
    ],
  };
  const records = (n === 0 ? [health, subscription] : [subscription]).map((record) => ({
    data: gzipSync(json(record)).toString('base64'),
  }));
  return {
    requestId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    timestamp: 1e12 + n,
    records,
  };
}

/** EKS, whose lines CloudWatch cuts off behind so many characters. */
export const eks =
  (cutBehind = 256 * 1024): Provider =>
  (events) =>
    inBatches(atLevel(events, referenceLevel), 40).map((batch, n) => {
      const messages = batch.map((event) => {
        const line = json(event);
        const message = line.length > cutBehind ? `${line.slice(0, cutBehind)}[Truncated...]` : line;
        return { at: millisecondsOf(event), message };
      });
      return json(firehoseRequest(messages, n));
    });

/** AKS by its diagnostic records: bodies that are too big stand as a text, and what is longer still is cut off without a word. */
export const aks =
  ({ bodyMax = 64 * 1024, cutBehind = 16 * 1024 } = {}): Provider =>
  (events) => {
    const shortened = (body: unknown) =>
      body !== undefined && json(body).length > bodyMax ? 'skipped-too-big-size-object' : body;
    const records = atLevel(events, referenceLevel).map((event) => {
      const { requestObject, responseObject, ...rest } = event;
      const line = json({
        ...rest,
        requestObject: shortened(requestObject),
        responseObject: shortened(responseObject),
      });
      return {
        category: 'kube-audit-admin',
        operationName: 'Microsoft.ContainerService/managedClusters/diagnosticLogs/Read',
        properties: {
          log: line.length > cutBehind ? line.slice(0, cutBehind) : `${line}\n`,
          stream: 'stdout',
          pod: 'kube-apiserver-57f4d-x1',
          containerID: '0123',
        },
        resourceId:
          '/SUBSCRIPTIONS/0/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.CONTAINERSERVICE/MANAGEDCLUSTERS/SHOP',
        time: text(event['stageTimestamp']),
      };
    });
    return inBatches(records, 25).map((batch) => json({ records: batch }));
  };

/** GKE by Cloud Audit Logs and a push of Pub/Sub: of an activity log, in which status updates of pods are not. */
export const gke: Provider = (events) =>
  events.flatMap((event, n) => {
    const {
      apiGroup = 'core',
      apiVersion,
      resource,
      subresource,
      namespace,
      name,
    } = fields(event['objectRef']);
    if (resource === 'pods' && subresource === 'status') return [];
    const joined = (parts: readonly unknown[], by: string) =>
      parts
        .map(text)
        .filter((part) => part !== '')
        .join(by);
    const place = joined(
      [...(namespace === undefined ? [] : ['namespaces', namespace]), resource, name, subresource],
      '/',
    );
    const of = apiGroup === 'core' ? 'io.k8s.core' : text(apiGroup).split('.').toReversed().join('.');
    const code = Number(fields(event['responseStatus'])['code']);
    const { requestObject, responseObject } = logged(event, referenceLevel(event))!;
    const entry = {
      insertId: `insert-${n}`,
      logName: 'projects/p/logs/cloudaudit.googleapis.com%2Factivity',
      timestamp: text(event['stageTimestamp']),
      resource: { type: 'k8s_cluster', labels: { cluster_name: 'shop', location: 'l', project_id: 'p' } },
      protoPayload: {
        '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
        serviceName: 'k8s.io',
        methodName: joined([of, apiVersion, resource, subresource, event['verb']], '.'),
        resourceName: `${text(apiGroup)}/${text(apiVersion)}/${place}`,
        authenticationInfo: { principalEmail: text(fields(event['user'])['username']) },
        status: code < 400 ? {} : { code: GRPC[code] ?? 2 },
        request: requestObject,
        response: responseObject,
      },
    };
    const data = Buffer.from(json(entry)).toString('base64');
    return json({
      message: { data, messageId: String(n), publishTime: text(event['stageTimestamp']) },
      subscription: 'projects/p/subscriptions/margay',
    });
  });
const GRPC: Readonly<Record<number, number>> = { 403: 7, 404: 5, 409: 10, 400: 3, 422: 3 };

/** OpenShift by its log forwarder, with one of its audit profiles. */
export const openShift =
  (profile: 'Default' | 'WriteRequestBodies'): Provider =>
  (events) =>
    atLevel(events, () => (profile === 'Default' ? 'Metadata' : 'RequestResponse')).map((event) =>
      json({
        '@timestamp': event['stageTimestamp'],
        log_type: 'audit',
        log_source: 'kubeAPI',
        openshift: { cluster_id: 'c', sequence: 1 },
        k8s_audit_level: event['level'],
        structured: event,
      }),
    );
