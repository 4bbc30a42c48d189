import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import { isSafeAddress, shownText } from '@margay/runtime';
import { bearerOf, judged, sendersNamed, type Credentials } from './credentials.ts';

/** Whose tokens are believed, and whom they must be for. */
export interface SignedTokenOptions {
  /** Address of the provider, as its tokens have it in `iss`: its keys are found from there. */
  readonly issuer: string;
  /** What tokens must have in `aud`. */
  readonly audience: string;
  /** Who may send, by `email` where the provider has verified that, or by `sub`: `name=cluster`, or `name` where one cluster may be delivered for. */
  readonly names: readonly string[];
}

/** Clocks may be apart by so much. */
const TOLERANCE_SECONDS = 60;
const ASK_MILLISECONDS = 5_000;

/**
 * Bearer tokens that an OpenID provider signs for a service account, as Pub/Sub sends with each push. The provider's keys are asked for
 * when the first token comes, and again for a key that is not known.
 *
 * @param isOnly one cluster may be delivered for, so that names need not say it.
 * @throws Error for a name that is good for nothing; later, where the provider cannot be asked.
 */
export function signedTokens({ issuer, audience, names }: SignedTokenOptions, isOnly = true): Credentials {
  const senders = sendersNamed(names, isOnly, 'signed tokens');
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;
  return async (request, cluster) => {
    const token = bearerOf(request);
    if (token === undefined || token.split('.').length !== 3) return 'unknown';
    keys ??= createRemoteJWKSet(await keysOf(issuer), { timeoutDuration: ASK_MILLISECONDS });
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        clockTolerance: TOLERANCE_SECONDS,
        requiredClaims: ['exp'],
      });
      return judged(
        namesOf(payload).flatMap((name) => senders.get(name) ?? []),
        cluster,
        isOnly,
      );
    } catch (error) {
      if (isNoAnswer(error)) throw error;
      return 'unknown';
    }
  };
}

const namesOf = ({ sub, email, email_verified: isVerified }: JWTPayload): string[] => [
  ...(typeof email === 'string' && isVerified === true ? [email] : []),
  ...(sub === undefined ? [] : [sub]),
];

/** Whether it is the provider that failed, and not the token: what fails by the network is no error of the library. */
const isNoAnswer = (error: unknown): boolean =>
  !(error instanceof errors.JOSEError) ||
  ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'].includes(error.code);

/** Where a provider's keys are, by its own description (OpenID Connect Discovery 1.0, section 4). */
async function keysOf(issuer: string): Promise<URL> {
  const place = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  // Wherever else it is sent to was not checked.
  const answer = await fetch(place, { signal: AbortSignal.timeout(ASK_MILLISECONDS), redirect: 'manual' });
  if (!answer.ok) throw new Error(`${place} answered ${answer.status}: where its keys are is not known`);
  const described = (await answer.json()) as { readonly issuer?: unknown; readonly jwks_uri?: unknown };
  if (described.issuer !== issuer)
    throw new Error(`${place} describes the issuer ${String(described.issuer)}, and not ${issuer}`);
  const keys = String(described.jwks_uri);
  if (!URL.canParse(keys) || !isSafeAddress(new URL(keys)))
    throw new Error(
      `${place} says that its keys are at ${shownText(keys)}: anybody in between could give others, let it name an address by https`,
    );
  return new URL(keys);
}
