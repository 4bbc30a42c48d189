import type { Log, Metrics } from '@margay/runtime';
import type { HttpServer } from '@margay/runtime/nest';
import {
  allOf,
  anybody,
  anyOf,
  bearerTokens,
  clientCertificates,
  type Credentials,
} from '../http/credentials.ts';
import type { ReceiverConfig } from '../http/settings.ts';
import { signedTokens } from '../http/signed-tokens.ts';
import { openReceiver, type Received } from './receiver.ts';

/** Reading one request may take this long: less than the 30 seconds after which the API server gives up. */
const REQUEST_MILLISECONDS = 25_000;

/** What a receiver takes, and for whom. */
export interface ReceiverDuty {
  readonly path: string;
  readonly name: string;
  /** The cluster that may be posted for where the settings name none. */
  readonly cluster: string;
  readonly metrics: Metrics;
  readonly log: Log;
}

/**
 * Opens a receiver’s own listener, apart from health and metrics, since its senders are strangers with credentials.
 *
 * @returns undefined where no port is set.
 * @throws Error for a port that is taken, for files of certificates or tokens that cannot be read, and for credentials of no cluster where there are several.
 */
export async function serveReceiver(
  config: ReceiverConfig,
  deliver: (received: Received) => Promise<void>,
  { cluster, log, ...duty }: ReceiverDuty,
): Promise<HttpServer | undefined> {
  const { PORT: port, HOST: host, CLUSTERS: named } = config;
  const clusters = named.length > 0 ? named : [cluster];
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, CLIENT_CA_FILE: clientCa } = config;
  if (port === undefined) return undefined;
  const credentials = credentialsOf(config, clusters.length === 1);
  if (config.INSECURE) log.warn('A receiver is open to anybody', { receiver: duty.name, port });
  return openReceiver(deliver, {
    ...duty,
    credentials,
    clusters,
    bodyBytesMax: config.BODY_BYTES_MAX,
    inFlightBytesMax: config.IN_FLIGHT_BYTES_MAX,
    host,
    port,
    requestMilliseconds: REQUEST_MILLISECONDS,
    log,
    ...(cert !== undefined &&
      key !== undefined && { tls: { cert, key, ...(clientCa !== undefined && { clientCa }) } }),
  });
}

/** A certificate and a token must both be right where both are set; a token may be one of the file, or one that the provider signed. */
function credentialsOf(config: ReceiverConfig, isOnly: boolean): Credentials {
  const { CLIENT_CA_FILE: ca, CLIENT_NAMES: names, TOKENS_FILE: tokens } = config;
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience = '', OIDC_NAMES: accounts } = config;
  const bearers = [
    ...(tokens === undefined ? [] : [bearerTokens(tokens, isOnly)]),
    ...(issuer === undefined ? [] : [signedTokens({ issuer, audience, names: accounts }, isOnly)]),
  ];
  if (!isOnly && ca !== undefined && names.length === 0 && bearers.length === 0)
    throw new Error(
      'Several clusters may be delivered for, and any client certificate is let in: set CLIENT_NAMES to name=cluster, or give tokens',
    );
  const required = [
    ...(ca === undefined ? [] : [clientCertificates(names, isOnly)]),
    ...(bearers.length === 0 ? [] : [anyOf(bearers)]),
  ];
  return required.length === 0 ? anybody : allOf(required);
}
