import type { User } from '@margay/kubernetes';
import { isSafeAddress, Problem, shownText } from '@margay/runtime';
import type * as openid from 'openid-client';
import type { Belief } from './belief.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { userOf } from './identity.ts';

/** The identity provider, and what of its answers is used. */
export interface OidcOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly scopes: string;
  /** Where it sends people to who signed out of it; they are not sent there to sign out unless set. */
  readonly signedOutUri?: string;
  /** What it is called on the button. */
  readonly title: string;
  /** Where it sends people back to. */
  readonly redirectUri: string;
  readonly username: { readonly claim: string; readonly prefix: string };
  readonly groups: { readonly claim: string; readonly prefix: string };
  /** How long what it says of somebody is believed. */
  readonly belief: Belief;
  /** How long it may take for one answer: 10 seconds unless given. */
  readonly milliseconds?: number;
}

/** What has to be known again when somebody comes back. */
export interface Login {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Who somebody is, and by what that can be asked again, where it is given. */
export interface Said {
  readonly user: User;
  /** What it calls them, whatever their name is (`sub`). */
  readonly subject: string;
  /** In which it said so. */
  readonly idToken?: string;
  readonly refresh?: string;
}

/** Loaded by whoever signs people in: others need not wait for it. */
const library = () => import('openid-client');

/** The clocks of two machines are never the same. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** What it has to say of itself. */
const NEEDED = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const;
const DISCOVERY_MILLISECONDS = 3_600_000;
/** What servers take of an address is 8 KB and more. A provider that gets no hint asks. */
const HINT_LENGTH_MAX = 4_096;

/**
 * An OpenID provider, by authorization code with PKCE. What it is like is asked (discovery) when somebody signs in, and again after
 * an hour: it may be away when this process starts, and be different later.
 */
export class OidcProvider {
  readonly #options: OidcOptions;
  readonly #now: () => number;
  #found: { readonly configuration: openid.Configuration; readonly at: number } | undefined;
  #looking: Promise<openid.Configuration> | undefined;

  /** @param now milliseconds of a clock that never goes back. */
  constructor(options: OidcOptions, now: () => number = () => performance.now()) {
    this.#options = options;
    this.#now = now;
  }

  /** What it calls itself. */
  get issuer(): string {
    return this.#options.issuer;
  }

  get title(): string {
    return this.#options.title;
  }

  get belief(): Belief {
    return this.#options.belief;
  }

  /** Asks what it is like. @throws Problem 503 where it does not say, or says it of another issuer. */
  async configuration(): Promise<openid.Configuration> {
    const { issuer } = this.#options;
    if (this.#found && this.#now() - this.#found.at < DISCOVERY_MILLISECONDS)
      return this.#found.configuration;
    this.#looking ??= this.#discover().finally(() => (this.#looking = undefined));
    try {
      return await this.#looking;
    } catch (error) {
      // What was true an hour ago may still be.
      if (this.#found) return this.#found.configuration;
      throw unavailable(`The identity provider ${issuer} cannot be asked now: ${reasonOf(error)}`);
    }
  }

  /** Where somebody signs in, and what to keep until they come back. */
  async begin(): Promise<Login & { readonly url: URL }> {
    const configuration = await this.configuration();
    const client = await library();
    const login: Login = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
    };
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#options.redirectUri,
      scope: this.#options.scopes,
      state: login.state,
      nonce: login.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(login.verifier),
      code_challenge_method: 'S256',
      // Without it a provider need not give a refresh token (OpenID Connect Core, 11).
      ...(this.#options.scopes.split(' ').includes('offline_access') && { prompt: 'consent' }),
    });
    return { ...login, url };
  }

  /**
   * Who came back.
   *
   * @param search of the address that they came back to, `?code=…&state=…`.
   * @throws Problem 401 where the provider refused, or what it says cannot be believed; 503 where it does not answer.
   */
  async finish(search: string, { state, nonce, verifier }: Login): Promise<Said> {
    const configuration = await this.configuration();
    const client = await library();
    const back = new URL(this.#options.redirectUri);
    back.search = search;
    const tokens = await client
      .authorizationCodeGrant(configuration, back, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      })
      .catch((error: unknown) => {
        throw this.#refusalOf(client, error);
      });
    const { id_token: idToken } = tokens;
    return {
      ...this.#namedBy(tokens.claims() ?? {}),
      ...(idToken !== undefined && { idToken }),
      ...refreshIn(tokens),
    };
  }

  /**
   * Who somebody is by now; without a user where it does not say.
   *
   * @throws Problem 401 where it knows them no more; 503 where it does not answer.
   */
  async again(refresh: string): Promise<Partial<Said>> {
    const configuration = await this.configuration();
    const client = await library();
    const tokens = await client.refreshTokenGrant(configuration, refresh).catch((error: unknown) => {
      throw this.#refusalOf(client, error);
    });
    const claims = tokens.claims();
    return { ...(claims && this.#namedBy(claims)), ...refreshIn(tokens) };
  }

  /**
   * Where somebody signs out of it (OpenID Connect RP-Initiated Logout 1.0); undefined where it does not offer that, or cannot be asked now.
   *
   * @param idToken of the session that ends, so that they are not asked whether they mean it.
   */
  async signOutAt(idToken: string | undefined): Promise<URL | undefined> {
    const { signedOutUri, issuer } = this.#options;
    if (signedOutUri === undefined) return undefined;
    try {
      const configuration = await this.configuration();
      const { end_session_endpoint: place } = configuration.serverMetadata();
      // Whoever is sent there brings the token: by no less than what it is fetched by.
      if (place === undefined || new URL(place).protocol !== new URL(issuer).protocol) return undefined;
      return (await library()).buildEndSessionUrl(configuration, {
        post_logout_redirect_uri: signedOutUri,
        ...(idToken !== undefined && idToken.length <= HINT_LENGTH_MAX && { id_token_hint: idToken }),
      });
    } catch {
      return undefined;
    }
  }

  async #discover(): Promise<openid.Configuration> {
    const client = await library();
    const { issuer, clientId, clientSecret, milliseconds = 10_000 } = this.#options;
    const url = new URL(issuer);
    const configuration = await client.discovery(
      url,
      clientId,
      { [client.clockTolerance]: CLOCK_TOLERANCE_SECONDS },
      clientSecret === undefined ? client.None() : asItTakes(client, clientSecret),
      {
        timeout: milliseconds / 1_000,
        [client.customFetch]: boundedFetch(milliseconds),
        execute: [
          // Signatures are looked at, although the token comes from the provider itself.
          client.enableNonRepudiationChecks,
          ...(url.protocol === 'http:' ? [client.allowInsecureRequests] : []),
        ],
      },
    );
    const known = configuration.serverMetadata();
    const missing = NEEDED.filter((name) => !isSafe(known[name]));
    if (missing.length > 0) throw new Error(`it names no ${missing.join(' and no ')} that is asked by https`);
    this.#found = { configuration, at: this.#now() };
    return configuration;
  }

  #refusalOf(client: typeof openid, error: unknown): Problem {
    const { issuer } = this.#options;
    if (error instanceof client.AuthorizationResponseError)
      return refused(`The identity provider did not sign you in: ${codeIn(error.error)}`);
    if (error instanceof client.ResponseBodyError) {
      if (error.status >= 500 || error.error === 'invalid_client')
        return unavailable(`The identity provider ${issuer} does not answer Margay: ${codeIn(error.error)}`);
      return refused(
        `The identity provider takes this sign-in no more: ${codeIn(error.error)}. Sign in again`,
      );
    }
    if (isAway(error))
      return unavailable(`The identity provider ${issuer} cannot be asked now: ${reasonOf(error)}`);
    return refused(`What the identity provider says cannot be believed: ${reasonOf(error)}`);
  }

  #namedBy(claims: Readonly<Record<string, unknown>>): Pick<Said, 'user' | 'subject'> {
    const { sub: subject } = claims;
    if (typeof subject !== 'string' || subject === '')
      throw refused('The identity provider does not say who this is: its claim "sub" is no text');
    return { user: this.#userOf(claims), subject };
  }

  #userOf(claims: Readonly<Record<string, unknown>>): User {
    const { username, groups } = this.#options;
    const name = claims[username.claim];
    if (typeof name !== 'string' || name === '')
      throw refused(`The identity provider gives no name: its claim "${username.claim}" is no text`);
    // As the API server has it: an address that nobody has shown to be theirs names nobody.
    if (username.claim === 'email' && 'email_verified' in claims && claims['email_verified'] !== true)
      throw refused('The identity provider says that this email address is not verified');
    const given = claims[groups.claim] ?? [];
    const list = typeof given === 'string' ? [given] : given;
    if (!Array.isArray(list) || !list.every((group) => typeof group === 'string'))
      throw refused(`The identity provider’s claim "${groups.claim}" is no list of names`);
    const elsewhere = claims['_claim_names'] as Readonly<Record<string, unknown>> | undefined;
    if (elsewhere?.[groups.claim] !== undefined)
      throw refused(
        `The identity provider names too many groups to put them into its claim "${groups.claim}": let it name only those that roles are bound to`,
      );
    return userOf({
      name: `${username.prefix}${name}`,
      groups: list.filter((group) => group !== '').map((group) => `${groups.prefix}${group}`),
      by: 'The identity provider',
    });
  }
}

const isSafe = (address: string | undefined): boolean =>
  address !== undefined && URL.canParse(address) && isSafeAddress(new URL(address));

const refreshIn = ({ refresh_token: refresh }: openid.TokenEndpointResponse): { refresh?: string } =>
  refresh === undefined ? {} : { refresh };

/** As the provider takes it: in the header unless it says that it does not. */
function asItTakes(client: typeof openid, secret: string): openid.ClientAuth {
  const basic = client.ClientSecretBasic(secret);
  const post = client.ClientSecretPost(secret);
  return (server, metadata, body, headers) => {
    const { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] } = server;
    return (methods.includes('client_secret_basic') ? basic : post)(server, metadata, body, headers);
  };
}

const refused = (detail: string) => new Problem(401, 'Unauthorized', detail);
const unavailable = (detail: string) => new Problem(503, 'Unavailable', detail);

/** What was said elsewhere is shown as far as it is one of the codes of the protocol. */
const codeIn = (text: string): string =>
  /^[\w.-]{1,64}$/.test(text) ? text : 'for a reason that it words badly';

/** Errors of the way there, of time, and of answers that are none. */
function isAway(error: unknown): boolean {
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    const { code, name } = each as NodeJS.ErrnoException;
    if (['OAUTH_TIMEOUT', 'OAUTH_ABORT', 'OAUTH_RESPONSE_IS_NOT_CONFORM'].includes(code ?? '')) return true;
    if (name === 'TimeoutError' || name === 'AnswerTooLarge' || each.message === 'fetch failed') return true;
  }
  return false;
}

/** What went wrong, from the outside in. A parser quotes what it could not read, which may be a token. */
function reasonOf(error: unknown): string {
  const words: string[] = [];
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    const { message } = each;
    if (each instanceof SyntaxError) words.push('the answer is no JSON');
    else if (message !== '' && message !== 'something went wrong') words.push(shownText(message));
  }
  return words.join(': ') || 'it is not said why';
}
