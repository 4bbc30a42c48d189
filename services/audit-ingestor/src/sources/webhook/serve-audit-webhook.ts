import { listen, type HttpServer, type Log, type Metrics } from '@margay/runtime';
import { allOf, anybody, bearerTokens, clientCertificates, type Credentials } from '@margay/sources';
import type { Config } from '../../config.ts';
import type { Ingest } from '../raw-text.ts';
import { auditWebhook } from './audit-webhook.ts';

/** Reading one request may take this long: less than the 30 seconds after which the API server gives up. */
const REQUEST_MILLISECONDS = 25_000;

/**
 * Opens the webhook’s own listener, apart from health and metrics, since its senders are strangers with certificates.
 *
 * @returns undefined where no port is set.
 * @throws Error for a port that is taken, and for files of certificates or tokens that cannot be read.
 */
export async function serveAuditWebhook(
  config: Config,
  ingest: Ingest,
  { metrics, log }: { readonly metrics: Metrics; readonly log: Log },
): Promise<HttpServer | undefined> {
  const {
    AUDIT_WEBHOOK_PORT: port,
    AUDIT_WEBHOOK_CLUSTERS: clusters,
    AUDIT_WEBHOOK_TLS_CERT_FILE: cert,
    AUDIT_WEBHOOK_TLS_KEY_FILE: key,
    AUDIT_WEBHOOK_CLIENT_CA_FILE: clientCa,
  } = config;
  if (port === undefined) return undefined;
  const credentials = credentialsOf(config);
  if (config.AUDIT_WEBHOOK_INSECURE) {
    log.warn('Audit events are taken from anybody: AUDIT_WEBHOOK_INSECURE is set', { port });
  }
  return listen(
    (http) =>
      auditWebhook(http, ingest, {
        credentials,
        clusters: clusters.length > 0 ? clusters : [config.CLUSTER_NAME],
        bodyBytesMax: config.AUDIT_WEBHOOK_BODY_BYTES_MAX,
        inFlightBytesMax: config.AUDIT_WEBHOOK_IN_FLIGHT_BYTES_MAX,
        metrics,
        log,
      }),
    {
      host: config.AUDIT_WEBHOOK_HOST,
      port,
      requestMilliseconds: REQUEST_MILLISECONDS,
      log,
      ...(cert !== undefined &&
        key !== undefined && { tls: { cert, key, ...(clientCa !== undefined && { clientCa }) } }),
    },
  );
}

/** All that is set must be right: the certificate, the token, or both. */
function credentialsOf(config: Config): Credentials {
  const { AUDIT_WEBHOOK_CLIENT_CA_FILE: ca, AUDIT_WEBHOOK_TOKENS_FILE: tokens } = config;
  const required = [
    ...(ca === undefined ? [] : [clientCertificates(config.AUDIT_WEBHOOK_CLIENT_NAMES)]),
    ...(tokens === undefined ? [] : [bearerTokens(tokens)]),
  ];
  return required.length === 0 ? anybody : allOf(required);
}
