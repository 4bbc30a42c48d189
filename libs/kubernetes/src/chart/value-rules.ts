import { NOT_READ, unsetBelow } from './read-values.ts';
import type { JsonSchema } from './value.ts';

/** What must hold at a path where something holds at others. */
interface Rule {
  readonly where: Readonly<Record<string, JsonSchema>>;
  readonly needs: Readonly<Record<string, JsonSchema>>;
}

const GIVEN = { minLength: 1 };
const is = (constant: unknown): JsonSchema => ({ const: constant });
/** An API server is asked what somebody of a name may see. */
const BY_NAME = { enum: ['kubernetes', 'hub'] };

/** A list that has to be empty. */
const NONE: JsonSchema = { maxItems: 0 };
const NOT_GIVEN = is('');

/** That no variable of a part names a source of evidence that no value of the chart is for. What is read from objects may name one. */
function namesNoSource(part: string, ...variables: readonly string[]): Rule['where'] {
  const source = { type: 'object', required: ['name'], properties: { name: { enum: variables } } };
  const of = (key: string) => [key, `${part}.${key}`];
  return Object.fromEntries([
    ...of('extraEnv').map((path) => [path, { not: { contains: source } }]),
    ...of('extraEnvFrom').map((path) => [path, NONE]),
  ]);
}

/** What values must have where others are set. */
const RULES: readonly Rule[] = [
  {
    where: { profile: { enum: ['embedded', 'distributed'] } },
    needs: {
      clusterName: GIVEN,
      'hub.cells': NONE,
      'hub.cellsConfigMap': NOT_GIVEN,
      ...unchanged(NOT_READ.distributed.refused),
    },
  },
  {
    where: { profile: is('distributed') },
    needs: { 'kafka.brokers': GIVEN, 'elasticsearch.urls': GIVEN },
  },
  // One process follows its cluster and takes no evidence by the network, keeps one cluster's, and is not scaled. How its parts would
  // be elsewhere may stand there, and the notes name it: one file of values can be for both profiles.
  {
    where: { profile: is('embedded') },
    needs: {
      'flowIngestor.enabled': is(false),
      'auditIngestor.watch': is(true),
      'auditIngestor.webhook.enabled': is(false),
      'auditIngestor.topic': NOT_GIVEN,
      'reportWorker.autoscaling.enabled': is(false),
      'keda.enabled': is(false),
      permissions: { not: is('hub') },
      ...unchanged(NOT_READ.embedded.refused),
    },
  },
  {
    where: { profile: is('hub') },
    needs: {
      'kafka.brokers': GIVEN,
      permissions: { enum: ['hub', 'token', 'none'] },
      ...unchanged(NOT_READ.hub.refused),
    },
  },
  {
    where: { profile: is('hub'), 'hub.cellsConfigMap': NOT_GIVEN },
    needs: { 'hub.cells': { minItems: 1 } },
  },
  { where: { 'hub.cellsConfigMap': GIVEN }, needs: { 'hub.cells': NONE } },
  // Nobody is asked for these.
  {
    where: { permissions: { not: is('hub') } },
    needs: { 'rbac.clusterNames': NONE },
  },
  { where: { permissions: is('token') }, needs: { permissionsTokenSecret: GIVEN } },
  { where: { permissions: { not: is('token') } }, needs: { permissionsTokenSecret: NOT_GIVEN } },
  { where: { 'networkPolicy.enabled': is(false) }, needs: { 'networkPolicy.egress.enabled': is(false) } },
  { where: { 'notifier.secret': GIVEN, 'notifier.urlSecret': NOT_GIVEN }, needs: { 'notifier.url': GIVEN } },
  // Labels that nobody reads would be a mistake.
  { where: { 'globalReports.overClusters': is(false) }, needs: { clusterLabels: { maxProperties: 0 } } },
  {
    where: { clusters: { minItems: 2 }, permissions: is('kubernetes') },
    needs: { kubeconfigsSecret: GIVEN },
  },
  {
    where: { 'canary.enabled': is(false) },
    needs: { 'canary.servers': NONE, 'canary.apiServerMetrics': is(false) },
  },
  { where: { 'auditIngestor.watch': is(true) }, needs: { 'auditIngestor.replicas': is(1) } },
  // Nothing would come from anywhere.
  {
    where: {
      profile: is('distributed'),
      'auditIngestor.webhook.enabled': is(false),
      'auditIngestor.topic': NOT_GIVEN,
      ...namesNoSource(
        'auditIngestor',
        'KUBERNETES_WATCH',
        'AUDIT_LOG_FILES',
        'AUDIT_WEBHOOK_PORT',
        'AUDIT_TOPIC',
      ),
    },
    needs: { 'auditIngestor.watch': is(true) },
  },
  ...['auditIngestor', 'flowIngestor'].flatMap(rulesOfTopic),
  ...rulesOfBrokers('reportWorker.hubKafka', 'topicPrefix'),
  // What is told is of the log of reports.
  {
    where: { profile: is('distributed'), 'reportWorker.hubKafka.brokers': GIVEN },
    needs: { 'ledger.secret': GIVEN },
  },
  ...['auditIngestor.webhook', 'flowIngestor.http'].flatMap(rulesOfReceiver),
  {
    where: { 'flowIngestor.enabled': is(false) },
    needs: { 'flowIngestor.http.enabled': is(false), 'flowIngestor.topic': NOT_GIVEN },
  },
  {
    where: {
      'flowIngestor.enabled': is(true),
      'flowIngestor.http.enabled': is(false),
      ...namesNoSource('flowIngestor', 'FLOW_LOG_FILES', 'FLOW_HTTP_PORT', 'FLOW_TOPIC'),
    },
    needs: { 'flowIngestor.topic': GIVEN },
  },
  {
    where: { 'oidc.issuer': GIVEN },
    needs: { url: GIVEN, permissions: BY_NAME, 'oidc.clientId': GIVEN },
  },
  {
    where: { 'trustedHeaders.enabled': is(true) },
    needs: { trustedProxies: { minItems: 1 }, permissions: BY_NAME },
  },
  {
    where: { 'ledger.signer.tokenSecret': GIVEN },
    needs: { 'ledger.secret': GIVEN, 'ledger.signer.role': { maxLength: 0 } },
  },
  { where: { 'ledger.signer.role': GIVEN }, needs: { 'ledger.secret': GIVEN } },
  { where: { 'ledger.timestamp.url': GIVEN }, needs: { 'ledger.timestamp.caSecret': GIVEN } },
  { where: { 'ingress.enabled': is(true) }, needs: { 'ingress.hosts': { minItems: 1 } } },
  { where: { 'httpRoute.enabled': is(true) }, needs: { 'httpRoute.parentRefs': { minItems: 1 } } },
];

/** Of a topic that others write, by the part that reads it. */
function rulesOfTopic(part: string): Rule[] {
  const elsewhere = `${part}.topicKafka`;
  return [
    { where: { [`${elsewhere}.brokers`]: GIVEN }, needs: { [`${part}.topic`]: GIVEN } },
    ...rulesOfBrokers(elsewhere),
  ];
}

/** Of brokers beside those of kafka: what is said of them is of some. */
function rulesOfBrokers(elsewhere: string, ...more: readonly string[]): Rule[] {
  return ['saslSecret', 'caSecret', 'certSecret', ...more].map((secret) => ({
    where: { [`${elsewhere}.${secret}`]: GIVEN },
    needs: { [`${elsewhere}.brokers`]: GIVEN },
  }));
}

/** Of an address that others post to. */
function rulesOfReceiver(path: string): Rule[] {
  return [
    { where: { [`${path}.enabled`]: is(true) }, needs: { [`${path}.secret`]: GIVEN } },
    { where: { [`${path}.tokens`]: is(false) }, needs: { [`${path}.oidc.issuer`]: GIVEN } },
    {
      where: { [`${path}.oidc.issuer`]: GIVEN },
      needs: {
        [`${path}.enabled`]: is(true),
        [`${path}.oidc.audience`]: GIVEN,
        [`${path}.oidc.names`]: { minItems: 1 },
      },
    },
  ];
}

/** That values at these paths, and below them, are what they are unless set. */
function unchanged(paths: readonly string[]): Rule['needs'] {
  return Object.fromEntries(
    Object.entries(unsetBelow(paths)).map(([path, initially]) => [path, is(initially)]),
  );
}

/** A schema of the whole for what must hold at some paths: where there is something, or only if there is, since of nothing everything holds. */
function at(paths: Rule['needs'], isThere: boolean): JsonSchema {
  if (paths[''] !== undefined) return paths[''];
  const keys = [...new Set(Object.keys(paths).map((path) => path.split('.', 1)[0]!))];
  const below = (key: string) =>
    Object.entries(paths)
      .filter(([path]) => path === key || path.startsWith(`${key}.`))
      .map(([path, schema]) => [path.slice(key.length + 1), schema] as const);
  return {
    ...(isThere && { type: 'object', required: keys }),
    properties: Object.fromEntries(keys.map((key) => [key, at(Object.fromEntries(below(key)), isThere)])),
  };
}

/** The rules, as a schema of all values has them. */
export const conditionalSchemas = (): JsonSchema[] =>
  // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON schema
  RULES.map(({ where, needs }) => ({ if: at(where, true), then: at(needs, false) }));
