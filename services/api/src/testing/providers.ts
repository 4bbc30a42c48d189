import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import Provider from 'oidc-provider';
import { onTestFinished } from 'vitest';

/** The client that Margay is. */
export const CLIENT = { id: 'margay', secret: 'the-secret-of-the-client' };
export const REDIRECT_URI = 'http://margay.example/login/oidc/callback';
export const SIGNED_OUT_URI = 'http://margay.example/';

/** Serves until the test ends, on a port of its own. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 });
const OTHER_KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 });
const privateJwk = {
  ...createPrivateKey(KEYS.privateKey.export({ type: 'pkcs8', format: 'pem' })).export({ format: 'jwk' }),
  kid: 'k',
  alg: 'RS256',
  use: 'sig',
};

/**
 * A certified OpenID provider in this process, where whoever comes is signed in as `sub` at once.
 *
 * Refresh tokens are good once: a second use of one ends all of them.
 *
 * @param claims what its ID token says beside; may be changed while it runs.
 */
export async function realProvider(sub: string, claims: Readonly<Record<string, unknown>>) {
  let answer: RequestListener = () => {};
  let isGone = false;
  const issuer = await serve((request, response) => answer(request, response));
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [REDIRECT_URI],
        post_logout_redirect_uris: [SIGNED_OUT_URI],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    rotateRefreshToken: true,
    jwks: { keys: [privateJwk as never] },
    cookies: { keys: ['a key for a test'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    claims: { openid: ['sub', ...Object.keys(claims)] },
    conformIdTokenClaims: false,
    findAccount: (_, id) =>
      isGone ? undefined : { accountId: id, claims: async () => ({ sub: id, ...claims }) },
  });
  /** Signs in whoever comes, and lets them. */
  const interact = async (request: IncomingMessage, response: ServerResponse) => {
    const { prompt, params, session } = await provider.interactionDetails(request, response);
    if (prompt.name === 'login') {
      await provider.interactionFinished(request, response, { login: { accountId: sub } });
      return;
    }
    const grant = new provider.Grant({
      accountId: session!.accountId,
      clientId: params['client_id'] as string,
    });
    grant.addOIDCScope('openid profile email offline_access');
    await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  };
  answer = (request, response) => {
    if (request.url?.startsWith('/interaction/')) {
      interact(request, response).catch((error: Error) => {
        if (!response.headersSent) response.writeHead(400, { 'content-type': 'text/plain' });
        response.end(error.message);
      });
    } else void provider.callback()(request, response);
  };
  /** From then on it knows nobody. */
  const forget = () => void (isGone = true);
  return { issuer, forget };
}

/** The header by which a browser sends them. */
export const cookieOf = (cookies: Iterable<readonly [string, string]>): string =>
  [...cookies].map((pair) => pair.join('=')).join('; ');

/** A page of a provider, as a browser fetches it: with the cookies that it has, and takes those that come. It follows no redirect. */
export async function fetchWith(
  cookies: Map<string, string>,
  url: string | URL,
  options: Pick<RequestInit, 'method' | 'body'> = {},
): Promise<Response> {
  const answer = await fetch(url, { ...options, redirect: 'manual', headers: { cookie: cookieOf(cookies) } });
  for (const line of answer.headers.getSetCookie()) {
    const [name = '', value = ''] = line.split(';')[0]!.split('=');
    cookies.set(name, value);
  }
  return answer;
}

/** Goes where a browser would go, with the cookies of the provider, until it is led back here. */
export async function throughProvider(
  start: string,
  cookies: Map<string, string> = new Map(),
): Promise<string> {
  let url = start;
  for (let steps = 0; steps < 10; steps++) {
    const answer = await fetchWith(cookies, url);
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
    url = new URL(location, url).href;
    if (url.startsWith(REDIRECT_URI)) return url;
  }
  throw new Error('The provider leads around in circles');
}

/** In what a provider lies, or how it fails. */
export interface Lies {
  readonly discovery?: Readonly<Record<string, unknown>>;
  /** Claims instead of the right ones; undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** What it answers beside the ID token; undefined leaves one out. */
  readonly tokens?: Readonly<Record<string, unknown>>;
  /** How the ID token is signed, instead of by its key with RS256. */
  readonly signed?: 'alg none' | 'by another key' | 'changed since';
  /** What is answered in place of this. */
  readonly instead?: Readonly<
    Record<string, (request: IncomingMessage, response: ServerResponse) => void | Promise<void>>
  >;
}

const base64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function tokenOf(claims: object, signed: Lies['signed']): string {
  if (signed === 'alg none') return `${base64({ alg: 'none' })}.${base64(claims)}.`;
  const head = `${base64({ alg: 'RS256', kid: 'k' })}.${base64(claims)}`;
  const key = signed === 'by another key' ? OTHER_KEYS.privateKey : KEYS.privateKey;
  const signature = sign('RSA-SHA256', Buffer.from(head), key).toString('base64url');
  const shown =
    signed === 'changed since'
      ? `${base64({ alg: 'RS256', kid: 'k' })}.${base64({ ...claims, sub: 'root' })}`
      : head;
  return `${shown}.${signature}`;
}

/** A provider that signs everybody in as candice, and can lie and fail. `lies` may be changed while it runs. */
export async function lyingProvider(lies: { current: Lies }) {
  let nonce = '';
  const json = (response: ServerResponse, body: unknown, status = 200) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const answers: NonNullable<Lies['instead']> = {
    '/.well-known/openid-configuration': (_, response) =>
      json(response, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        ...lies.current.discovery,
      }),
    '/authorize': ({ url }, response) => {
      const asked = new URL(url!, issuer).searchParams;
      nonce = asked.get('nonce')!;
      const back = new URL(asked.get('redirect_uri')!);
      back.search = new URLSearchParams({ code: 'c', state: asked.get('state')! }).toString();
      response.writeHead(302, { location: back.href }).end();
    },
    '/jwks': (_, response) => {
      const { kty, n, e } = KEYS.publicKey.export({ format: 'jwk' });
      json(response, { keys: [{ kty, n, e, kid: 'k', alg: 'RS256', use: 'sig' }] });
    },
    '/token': (_, response) => {
      const now = Math.floor(Date.now() / 1_000);
      const right = { iss: issuer, aud: CLIENT.id, sub: 'candice', iat: now, exp: now + 300, nonce };
      const claims = { ...right, ...lies.current.claims };
      const id_token = tokenOf(claims, lies.current.signed);
      const tokens = { access_token: 'a', token_type: 'Bearer', expires_in: 300, id_token };
      json(response, { ...tokens, ...lies.current.tokens });
    },
  };
  const issuer = await serve((request, response) => {
    const path = new URL(request.url!, 'http://here.invalid').pathname;
    const answer = lies.current.instead?.[path] ?? answers[path];
    if (answer === undefined) response.writeHead(404).end();
    else void answer(request, response);
  });
  return { issuer };
}

/** Says a little, again and again, and never comes to an end. */
export async function drip(_: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' }).write('{');
  while (!response.destroyed) {
    response.write(' ');
    await sleep(20);
  }
}

/** Says more than fits. */
export function flood(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const piece = Buffer.alloc(256 * 1024, ' ');
  const more = () => {
    while (!response.destroyed) if (!response.write(piece)) return void response.once('drain', more);
  };
  more();
}
