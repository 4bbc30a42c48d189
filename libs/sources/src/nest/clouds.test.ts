import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { openMetrics, silentLog } from '@margay/runtime';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { anyOf, bearerTokens, type Credentials } from '../http/credentials.ts';
import { signedTokens } from '../http/signed-tokens.ts';
import { post } from '../testing/post.ts';
import { fileOf } from '../testing/files.ts';
import { openReceiver, type Received, type ReceiverOptions } from './receiver.ts';

/** A receiver that keeps what it delivers. */
async function setUp(options: Partial<ReceiverOptions> & { readonly deliver?: () => Promise<void> } = {}) {
  const { deliver, ...others } = options;
  const delivered: Received[] = [];
  const server = await openReceiver(async (received) => (await deliver?.(), void delivered.push(received)), {
    path: '/in/:cluster/:source',
    name: 'test',
    credentials: bearerTokens(fileOf('one  a\n')),
    clusters: ['a'],
    metrics: openMetrics({ defaults: false }),
    log: silentLog,
    host: '127.0.0.1',
    port: 0,
    ...others,
  });
  onTestFinished(() => server.close());
  return { url: `${server.url}/in/a/eks`, base: server.url, delivered };
}

const REQUEST = 'b5f2a0c8-1d1f-4f0e-8f7b-0a9c2f3e4d5c';
/** A request as Firehose makes it, with what it packs. */
const firehose = (...records: (string | Uint8Array)[]) =>
  JSON.stringify({
    requestId: REQUEST,
    timestamp: 1_795_000_000_123,
    records: records.map((data) => ({ data: Buffer.from(data as string).toString('base64') })),
  });
const FIREHOSE = {
  'x-amz-firehose-protocol-version': '1.0',
  'x-amz-firehose-request-id': REQUEST,
  'x-amz-firehose-source-arn': 'arn:aws:firehose:eu-west-1:000000000000:deliverystream/audit',
  'x-amz-firehose-access-key': 'one',
};

test.each([
  ['as it is', (body: string) => body, {}],
  ['packed', gzipSync, { 'content-encoding': 'gzip' }],
])('Firehose is answered as it has to be: the id of its request and the time, %s', async (_, pack, more) => {
  const { url, delivered } = await setUp();
  const body = firehose('{"a":1}', '{"a":2}');
  const before = Date.now();
  const answer = await post(url, pack(body), { headers: { ...FIREHOSE, ...more } });
  const { timestamp, ...said } = JSON.parse(answer.body) as { readonly timestamp: number };
  expect([answer.status, said]).toEqual([200, { requestId: REQUEST }]);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(timestamp).toBeGreaterThanOrEqual(before);
  expect(timestamp).toBeLessThanOrEqual(Date.now());
  expect(delivered).toMatchObject([{ kind: 'text', text: body }]);
});

test.each<[string, number, Partial<ReceiverOptions> & { deliver?: () => Promise<void> }, string, string]>([
  ['a wrong access key', 401, {}, 'two', 'a'],
  ['the access key of another cluster', 403, {}, 'one', 'b'],
  ['a cluster that is not known', 404, { clusters: ['c'] }, 'one', 'a'],
  ['a body that is too large', 413, { bodyBytesMax: 20 }, 'one', 'a'],
  [
    'what could not be delivered',
    503,
    {
      deliver: async () => {
        throw new Error('no broker');
      },
    },
    'one',
    'a',
  ],
])(
  '%s is answered %d, and why, in the form that Firehose reads',
  async (_, status, options, key, cluster) => {
    const { base, delivered } = await setUp(options);
    const headers = { ...FIREHOSE, 'x-amz-firehose-access-key': key };
    const answer = await post(`${base}/in/${cluster}/eks`, firehose('{}'), { headers });
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      status,
      { requestId: REQUEST, timestamp: expect.any(Number), errorMessage: expect.stringMatching(/\w/) },
    ]);
    expect(delivered.filter(({ kind }) => kind === 'text')).toEqual([]);
  },
);

const AUDIENCE = 'https://margay-audit.example.com';
const ACCOUNT = 'audit-push@my-project.iam.gserviceaccount.com';
const keys = generateKeyPair('RS256');
const otherKeys = generateKeyPair('RS256');
let issuer = '';
/** Whether the provider answers. */
let isUp = true;
/** Where it says that its keys are, and what sends on to its description instead of giving it. */
let keysAt: string | undefined;
let sendsOn = false;
beforeAll(async () => {
  const jwk = { ...(await exportJWK((await keys).publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const server = createServer((request, response) => {
    if (!isUp) return void response.writeHead(503).end();
    const isDescription = /^(\/elsewhere)?\/\.well-known\/openid-configuration$/.test(request.url!);
    if (sendsOn && !request.url!.startsWith('/elsewhere'))
      return void response.writeHead(302, { location: `${issuer}/elsewhere${request.url}` }).end();
    response.end(
      JSON.stringify(isDescription ? { issuer, jwks_uri: keysAt ?? `${issuer}/keys` } : { keys: [jwk] }),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return () => void server.close();
});

/** A token as Google signs one for a push, with something else in it. */
async function tokenWith(claims: Record<string, unknown> = {}, pair = keys): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({
    iss: issuer,
    aud: AUDIENCE,
    azp: '113774264463038321964',
    sub: '113774264463038321964',
    email: ACCOUNT,
    email_verified: true,
    iat: now,
    exp: now + 3_600,
    ...claims,
  })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', typ: 'JWT' })
    .sign((await pair).privateKey);
}

/** What Pub/Sub pushes. */
const PUSH = JSON.stringify({
  message: {
    attributes: { 'logging.googleapis.com/timestamp': '2026-11-24T01:02:03.004Z' },
    data: Buffer.from('{"a":1}').toString('base64'),
    messageId: '2070443601311540',
    message_id: '2070443601311540',
    publishTime: '2026-11-24T01:02:04.749Z',
    publish_time: '2026-11-24T01:02:04.749Z',
  },
  subscription: 'projects/my-project/subscriptions/audit',
});
const accounts = (...names: string[]): Credentials =>
  anyOf([bearerTokens(fileOf('one a\n')), signedTokens({ issuer, audience: AUDIENCE, names }, false)]);

test.each<[string, number, () => string | Promise<string>]>([
  ['the account of the subscription', 200, tokenWith],
  ['the account by its number', 200, () => tokenWith({ email: undefined, sub: 'number-1' })],
  ['a token of the file beside it', 200, () => 'one'],
  ['another account of the same provider', 401, () => tokenWith({ email: 'mallory@example.com' })],
  ['an address that was not verified', 401, () => tokenWith({ email_verified: false })],
  ['an account that is good for another cluster', 403, () => tokenWith({ email: 'b@example.com' })],
  ['a token for somebody else', 401, () => tokenWith({ aud: 'https://elsewhere.example.com' })],
  ['a token of another provider', 401, () => tokenWith({ iss: 'https://elsewhere.example.com' })],
  ['a token that is over', 401, () => tokenWith({ exp: Math.floor(Date.now() / 1_000) - 120 })],
  ['a token without an end', 401, () => tokenWith({ exp: undefined })],
  ['a token that somebody else signed', 401, () => tokenWith({}, otherKeys)],
  ['no token at all', 401, () => 'a.b.c'],
])('a push with %s is answered %d', async (_, status, token) => {
  const { url, delivered } = await setUp({
    credentials: accounts(`${ACCOUNT}=a`, 'number-1=a', 'b@example.com=b'),
  });
  const answer = await post(url, PUSH, { headers: { authorization: `Bearer ${await token()}` } });
  expect(answer.status).toBe(status);
  expect(delivered.map((received) => received.kind === 'text' && received.text)).toEqual(
    status === 200 ? [PUSH] : [],
  );
});

test('where the provider cannot be asked a push has to come again, and tokens of the file are let in', async () => {
  const { url, delivered } = await setUp({ credentials: accounts(`${ACCOUNT}=a`) });
  const pushed = async (token: string) =>
    (await post(url, PUSH, { headers: { authorization: `Bearer ${token}` } })).status;
  isUp = false;
  expect([await pushed(await tokenWith()), await pushed('one'), delivered.length]).toEqual([503, 200, 1]);
  isUp = true;
  expect(await pushed(await tokenWith())).toBe(200);
});

test.each<[string, { at?: string; sendsOn?: true }]>([
  ['are at an address without TLS', { at: 'http://keys.example.com/keys' }],
  ['are at no address', { at: 'keys' }],
  ['are described at another place', { sendsOn: true }],
])('a provider whose keys %s is not believed: the push has to come again', async (_, lie) => {
  onTestFinished(() => {
    keysAt = undefined;
    sendsOn = false;
  });
  keysAt = lie.at;
  sendsOn = lie.sendsOn === true;
  const { url, delivered } = await setUp({ credentials: accounts(`${ACCOUNT}=a`) });
  const pushed = async () =>
    (await post(url, PUSH, { headers: { authorization: `Bearer ${await tokenWith()}` } })).status;
  expect([await pushed(), delivered.length]).toEqual([503, 0]);
  keysAt = undefined;
  sendsOn = false;
  expect(await pushed()).toBe(200);
});

test('a name that says no cluster is good for nothing where there are several', () => {
  expect(() => signedTokens({ issuer, audience: AUDIENCE, names: [ACCOUNT] }, false)).toThrow(
    `write ${ACCOUNT}=CLUSTER`,
  );
});
