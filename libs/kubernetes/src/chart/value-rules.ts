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

/** What values must have where others are set. */
const RULES: readonly Rule[] = [
  {
    where: { profile: is('distributed') },
    needs: { 'kafka.brokers': GIVEN, 'elasticsearch.urls': GIVEN },
  },
  // One process that follows logs takes no evidence by the network, and keeps one cluster's.
  {
    where: { profile: is('embedded') },
    needs: {
      'flowIngestor.enabled': is(false),
      clusters: { maxItems: 0 },
      clusterUids: { maxItems: 0 },
      permissions: { not: is('hub') },
      'globalReports.overClusters': is(false),
    },
  },
  { where: { permissions: is('token') }, needs: { permissionsTokenSecret: GIVEN } },
  // Labels that nobody reads would be a mistake.
  { where: { 'globalReports.overClusters': is(false) }, needs: { clusterLabels: { maxProperties: 0 } } },
  {
    where: { clusters: { minItems: 2 }, permissions: is('kubernetes') },
    needs: { kubeconfigsSecret: GIVEN },
  },
  {
    where: { 'canary.enabled': is(false) },
    needs: { 'canary.servers': { maxItems: 0 }, 'canary.apiServerMetrics': is(false) },
  },
  { where: { 'auditIngestor.watch': is(true) }, needs: { 'auditIngestor.replicas': is(1) } },
  {
    where: { 'auditIngestor.webhook.enabled': is(true) },
    needs: { 'auditIngestor.webhook.secret': GIVEN },
  },
  {
    where: { 'auditIngestor.webhook.oidc.issuer': GIVEN },
    needs: {
      'auditIngestor.webhook.enabled': is(true),
      'auditIngestor.webhook.oidc.audience': GIVEN,
      'auditIngestor.webhook.oidc.names': { minItems: 1 },
    },
  },
  {
    where: { 'flowIngestor.http.enabled': is(true) },
    needs: { 'flowIngestor.http.secret': GIVEN },
  },
  {
    where: { 'flowIngestor.enabled': is(true), 'flowIngestor.http.enabled': is(false) },
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

/** A schema of the whole for what must hold at some paths: where there is something, or only if there is, since of nothing everything holds. */
const at = (paths: Rule['needs'], isThere: boolean): JsonSchema => ({
  allOf: Object.entries(paths).map(([path, schema]) =>
    path.split('.').reduceRight<JsonSchema>(
      (inner, key) => ({
        ...(isThere && { type: 'object', required: [key] }),
        properties: { [key]: inner },
      }),
      schema,
    ),
  ),
});

/** The rules, as a schema of all values has them. */
export const conditionalSchemas = (): JsonSchema[] =>
  // oxlint-disable-next-line unicorn/no-thenable -- a word of JSON schema
  RULES.map(({ where, needs }) => ({ if: at(where, true), then: at(needs, false) }));
