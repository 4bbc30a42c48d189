import { request } from 'node:https';
import type { CustomFetch } from 'openid-client';
import { ConnectionSettingsError } from './connection.ts';

/** A user that signs in by an OpenID provider, as a kubeconfig's `auth-provider: { name: oidc }` says. */
export interface OidcUser {
  readonly idToken?: string;
  readonly refreshToken?: string;
  readonly issuer?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** PEM certificates that the provider's must lead to; absent = those that Node trusts. */
  readonly ca?: string;
}

const PROVIDER_SECONDS = 10;
/** A token that runs out while it is under way is refused. */
const SPARE_MILLISECONDS = 10_000;

/**
 * The ID token of a user, renewed by the refresh token when it runs out. Nothing is written back to the kubeconfig;
 * where the provider replaces refresh tokens, the new one is remembered for as long as this function is.
 *
 * @param user how messages begin: `kubeconfig /k: user "u" (context "c")`.
 * @returns gives a token, with `renew` a new one whatever the old one's time. Rejects with `ConnectionSettingsError`.
 */
export function idTokens(
  { idToken, refreshToken, issuer, clientId, clientSecret, ca }: OidcUser,
  user: string,
): (renew?: boolean) => Promise<string> {
  let token = idToken;
  let refresh = refreshToken;
  let renewing: Promise<string> | undefined;

  const renewed = async (): Promise<string> => {
    const expired = token === undefined ? 'has no id-token' : `has an id-token that ${endOf(token)}`;
    const missing = [
      ...(refresh === undefined ? ['refresh-token'] : []),
      ...(issuer === undefined ? ['idp-issuer-url'] : []),
      ...(clientId === undefined ? ['client-id'] : []),
    ];
    if (refresh === undefined || issuer === undefined || clientId === undefined) {
      throw new ConnectionSettingsError(`${user} ${expired}, and no ${missing.join(' and ')}: sign in again`);
    }
    try {
      const answer = await askProvider({ issuer, clientId, clientSecret, ca, refresh });
      if (answer.id_token === undefined) throw new Error('the answer has no id_token');
      token = answer.id_token;
      refresh = answer.refresh_token ?? refresh;
      return token;
    } catch (error) {
      throw new ConnectionSettingsError(
        `${user} ${expired}, and ${issuer} does not renew it: ${reasonOf(error)}. Sign in again if that stays so`,
        { cause: error },
      );
    }
  };

  return async (renew = false) => {
    if (!renew && token !== undefined && (expiryOf(token) ?? Infinity) > Date.now() + SPARE_MILLISECONDS) {
      return token;
    }
    renewing ??= renewed().finally(() => (renewing = undefined));
    return renewing;
  };
}

/** When a JSON web token runs out, in milliseconds since 1970; undefined where it does not say, or is none. */
export function expiryOf(token: string): number | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
      exp?: unknown;
    } | null;
    return typeof claims?.exp === 'number' ? claims.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

interface Question {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly ca: string | undefined;
  readonly refresh: string;
}

async function askProvider({ issuer, clientId, clientSecret, ca, refresh }: Question) {
  // Loaded where it is needed: few kubeconfigs sign in this way.
  const library = await import('openid-client');
  const options = {
    timeout: PROVIDER_SECONDS,
    ...(ca !== undefined && { [library.customFetch]: fetchTrusting(ca) }),
  };
  const found = await library.discovery(new URL(issuer), clientId, undefined, library.None(), options);
  const metadata = found.serverMetadata();
  if (clientSecret === undefined) return library.refreshTokenGrant(found, refresh);
  // Where a provider does not say how it wants the secret, the standard's default is the header.
  const inBody = metadata.token_endpoint_auth_methods_supported?.includes('client_secret_post') === true;
  const proof = inBody ? library.ClientSecretPost(clientSecret) : library.ClientSecretBasic(clientSecret);
  const configuration = new library.Configuration(metadata, clientId, clientSecret, proof);
  configuration.timeout = PROVIDER_SECONDS;
  if (ca !== undefined) configuration[library.customFetch] = fetchTrusting(ca);
  return library.refreshTokenGrant(configuration, refresh);
}

/** `fetch`, as far as the library needs it, that trusts a certificate authority of its own: Node's takes none. */
function fetchTrusting(ca: string): CustomFetch {
  return (url, { method, headers, body, signal }) =>
    new Promise((fulfil, reject) => {
      const outgoing = request(url, { method, headers, ca, ...(signal && { signal }) }, (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.on('error', reject);
        answer.on('end', () => {
          const known = Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as const);
          fulfil(
            new Response(Buffer.concat(pieces), {
              status: answer.statusCode ?? 500,
              headers: Object.fromEntries(known),
            }),
          );
        });
      });
      outgoing.on('error', reject);
      // A form: the library sends nothing else.
      outgoing.end(body instanceof URLSearchParams ? body.toString() : undefined);
    });
}

function endOf(token: string): string {
  const expiry = expiryOf(token);
  if (expiry === undefined) return 'is not accepted';
  return `${expiry <= Date.now() ? 'expired' : 'expires'} at ${new Date(expiry).toISOString()}`;
}

/** What the provider said, or why it said nothing. */
function reasonOf(error: unknown): string {
  const {
    message,
    error: code,
    error_description: described,
    cause,
  } = error as Error & {
    error?: unknown;
    error_description?: unknown;
  };
  if (typeof code === 'string') return typeof described === 'string' ? `${code}: ${described}` : code;
  return cause instanceof Error && cause.message ? `${message}: ${cause.message}` : message;
}
