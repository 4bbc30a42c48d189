import { Away, failureOf, Problem } from '@margay/runtime';
import type { KeptSession } from '@margay/storage';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { expect, test } from 'vitest';
import { anyone, type Authority } from '../access/access.ts';
import { replicas } from '../testing/replicas.ts';
import { digestOf, newId, seal } from './seal.ts';

const TOKEN = 'eyJhbGciOi.the-token-of-candice';
const MINUTE = 60_000_000;

/** A cluster where tokens of these are good for everything until they are taken away. */
function cluster() {
  const tokens = new Map([
    [TOKEN, 'candice'],
    ['another-of-candice', 'candice'],
    ['the-token-of-david', 'david'],
  ]);
  const ofToken: Authority['ofToken'] = async (token) => {
    const name = tokens.get(token);
    if (name === undefined) throw new Problem(401, 'Unauthorized', 'The token is not valid (any more)');
    return { ...anyone.everybody!, name };
  };
  return { authority: { ofToken } as Authority, revoke: (token: string) => tokens.delete(token) };
}

interface Sent {
  readonly cookie?: string;
  readonly remoteAddress?: string;
  readonly headers?: Record<string, string>;
}

async function signIn(
  app: NestFastifyApplication,
  token = TOKEN,
  { cookie, headers, remoteAddress }: Sent = {},
) {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/session',
    ...(remoteAddress && { remoteAddress }),
    headers: { authorization: `Bearer ${token}`, ...(cookie && { cookie }), ...headers },
  });
  expect(answer.statusCode).toBe(200);
  const line = String(answer.headers['set-cookie']);
  return { line, cookie: line.split(';')[0]! };
}

const statusOf = async (app: NestFastifyApplication, cookie: string) =>
  (await app.inject({ url: '/api/v1/runs', headers: { cookie } })).statusCode;

const signOut = (app: NestFastifyApplication, headers: Record<string, string>, url = '/api/v1/session') =>
  app.inject({ method: 'DELETE', url, headers });

test('neither the cookie nor the store tells the token or the name', async () => {
  const { authority } = cluster();
  const { apps, stores } = await replicas(1, authority);
  const kept: KeptSession[] = [];
  const begin = stores.sessions.begin.bind(stores.sessions);
  stores.sessions.begin = async (session, bounds) => (kept.push(session), begin(session, bounds));
  const { line, cookie } = await signIn(apps[0]!);
  expect(line).toMatch(/^margay-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  const id = cookie.split('=')[1]!;
  expect(kept).toHaveLength(1);
  const written = JSON.stringify(kept);
  for (const secret of [TOKEN, 'candice', id]) {
    expect(written).not.toContain(secret);
    expect(written).not.toContain(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
  }
  expect(await statusOf(apps[0]!, cookie)).toBe(200);
});

test('every replica knows a session, and that it was ended by another one', async () => {
  const { authority } = cluster();
  const { apps } = await replicas(2, authority);
  const { cookie } = await signIn(apps[0]!);
  expect([await statusOf(apps[0]!, cookie), await statusOf(apps[1]!, cookie)]).toEqual([200, 200]);
  const answer = await signOut(apps[1]!, { cookie });
  expect(answer.headers['set-cookie']).toMatch(/^margay-session=; .*Max-Age=0/);
  expect([await statusOf(apps[0]!, cookie), await statusOf(apps[1]!, cookie)]).toEqual([401, 401]);
});

test.each([
  ['is used', [30, 30, 30, 30, 30, 30], 200],
  ['is used until its last minute', Array.from({ length: 23 }, () => 30), 200],
  ['is used for as long as none lasts', Array.from({ length: 24 }, () => 30), 401],
  ['is not used for almost an hour', [59], 200],
  ['is not used for an hour', [60], 401],
  ['was used, and then was not', [30, 30, 60], 401],
])('a session that %s', async (_, minutes, status) => {
  const { authority } = cluster();
  const { apps, clock } = await replicas(1, authority);
  const { cookie } = await signIn(apps[0]!);
  let last = 0;
  for (const each of minutes) {
    clock.now += each * MINUTE;
    last = await statusOf(apps[0]!, cookie);
  }
  expect(last).toBe(status);
});

test('a session ends with its token', async () => {
  const { authority, revoke } = cluster();
  const { apps } = await replicas(1, authority);
  const { cookie } = await signIn(apps[0]!);
  revoke(TOKEN);
  expect(await statusOf(apps[0]!, cookie)).toBe(401);
});

test('signing in begins a new session, whatever id the browser came with, and ends the one that it had', async () => {
  const { authority } = cluster();
  const { apps } = await replicas(1, authority);
  const planted = `margay-session=${'A'.repeat(43)}`;
  const first = await signIn(apps[0]!, TOKEN, { cookie: planted });
  expect(first.cookie).not.toBe(planted);
  expect(await statusOf(apps[0]!, planted)).toBe(401);
  const second = await signIn(apps[0]!, 'the-token-of-david', { cookie: first.cookie });
  expect([await statusOf(apps[0]!, first.cookie), await statusOf(apps[0]!, second.cookie)]).toEqual([
    401, 200,
  ]);
});

test.each([
  ['made up', `margay-session=${'A'.repeat(43)}`],
  ['empty', 'margay-session='],
  ['too long', `margay-session=${'A'.repeat(4_000)}`],
  ['not of its letters', 'margay-session=%00%ff'],
  ['the token itself', `margay-session=${TOKEN}`],
  ['that of older releases', `margay-token=${TOKEN}`],
])('a cookie that is %s is nobody’s', async (_, cookie) => {
  const { authority } = cluster();
  const { apps } = await replicas(1, authority);
  expect(await statusOf(apps[0]!, cookie)).toBe(401);
});

test('a cookie of the same name that somebody else put there lets nobody in as somebody else', async () => {
  const { authority } = cluster();
  const { apps } = await replicas(1, authority);
  const own = await signIn(apps[0]!);
  const others = await signIn(apps[0]!, 'the-token-of-david');
  expect(await statusOf(apps[0]!, `${others.cookie}; ${own.cookie}`)).toBe(401);
});

test.each([
  ['through a declared proxy, by TLS', '10.1.2.3', { 'x-forwarded-proto': 'https' }, true],
  ['through a declared proxy, without', '10.1.2.3', { 'x-forwarded-proto': 'http' }, false],
  ['from anybody who says that it was by TLS', '203.0.113.9', { 'x-forwarded-proto': 'https' }, false],
])('signed in %s', async (_, remoteAddress, headers, isSecure) => {
  const { authority } = cluster();
  const proxies = { networks: ['10.0.0.0/8'], headers: 'x-forwarded' } as const;
  const { apps } = await replicas(1, authority, { proxies });
  const { line, cookie } = await signIn(apps[0]!, TOKEN, { remoteAddress, headers });
  expect(line.startsWith('__Host-')).toBe(isSecure);
  expect(line.includes('; Secure')).toBe(isSecure);
  const ask = async (sent: Record<string, string>) =>
    (await apps[0]!.inject({ url: '/api/v1/runs', remoteAddress, headers: { ...headers, ...sent } }))
      .statusCode;
  expect(await ask({ cookie })).toBe(200);
  // By TLS the plain name does not do: anybody in between could have put it there.
  if (isSecure) expect(await ask({ cookie: cookie.replace('__Host-', '') })).toBe(401);
});

test.each([
  ['a page of its own', { 'sec-fetch-site': 'same-origin', origin: 'http://margay' }, 200],
  ['a page elsewhere', { 'sec-fetch-site': 'cross-site', origin: 'http://elsewhere' }, 403],
  ['a page of a neighbour', { 'sec-fetch-site': 'same-site', origin: 'http://other.margay' }, 403],
  ['an older browser, from elsewhere', { origin: 'http://elsewhere' }, 403],
  ['an older browser, from another port', { origin: 'http://margay:81' }, 403],
  ['one whose origin is hidden', { origin: 'null' }, 403],
  [
    'one that a browser gave a password for',
    { authorization: 'Basic YTpi', origin: 'http://elsewhere' },
    403,
  ],
])('what changes something is taken with a session from %s, or not', async (_, headers, status) => {
  const { authority } = cluster();
  const { apps } = await replicas(1, authority);
  const { cookie } = await signIn(apps[0]!);
  for (const url of ['/api/v1/session', '/api/v1/sessions']) {
    const { cookie: own } = await signIn(apps[0]!);
    const answer = await signOut(apps[0]!, { host: 'margay', cookie: own, ...headers }, url);
    expect([url, answer.statusCode]).toEqual([url, status]);
    expect(await statusOf(apps[0]!, own)).toBe(status === 200 ? 401 : 200);
  }
  expect(await statusOf(apps[0]!, cookie)).toBe(status === 200 ? 401 : 200);
});

test('somebody sees and ends all of their sessions, and nobody else’s', async () => {
  const { authority } = cluster();
  const { apps, clock } = await replicas(2, authority);
  const first = await signIn(apps[0]!);
  clock.now += MINUTE;
  const second = await signIn(apps[1]!, 'another-of-candice');
  const davids = await signIn(apps[0]!, 'the-token-of-david');
  const list = async (cookie: string) =>
    (await apps[0]!.inject({ url: '/api/v1/sessions', headers: { cookie } })).json<{
      items: { started: string; current: boolean }[];
    }>().items;
  expect((await list(first.cookie)).map(({ started, current }) => [started, current])).toEqual([
    ['2025-11-25T16:01:00Z', false],
    ['2025-11-25T16:00:00Z', true],
  ]);
  expect(await list(davids.cookie)).toHaveLength(1);
  expect((await signOut(apps[1]!, { cookie: first.cookie }, '/api/v1/sessions')).statusCode).toBe(200);
  const after = [first, second, davids].map(({ cookie }) => statusOf(apps[0]!, cookie));
  expect(await Promise.all(after)).toEqual([401, 401, 200]);
});

test('somebody who signs in again and again has so many sessions, and ends those that they do not use', async () => {
  const { authority } = cluster();
  const sessions = { lifetime: 12 * 3_600_000, idle: 3_600_000, ofOne: 3 };
  const { apps, clock } = await replicas(1, authority, { sessions });
  const davids = await signIn(apps[0]!, 'the-token-of-david');
  const used = await signIn(apps[0]!);
  const flood: string[] = [];
  for (let i = 0; i < 50; i++) {
    // Within three minutes a use is not written down.
    clock.now += 4 * MINUTE;
    for (const { cookie } of [used, davids]) expect(await statusOf(apps[0]!, cookie)).toBe(200);
    flood.push((await signIn(apps[0]!)).cookie);
  }
  const last = await Promise.all(flood.map((cookie) => statusOf(apps[0]!, cookie)));
  expect(last.map((status) => status === 200).lastIndexOf(false)).toBe(flood.length - 3);
});

test.each([
  ['cut', 'AAAA'],
  ['empty', ''],
  ['that of another session', seal(newId(), { token: TOKEN })],
])(
  'a session whose content in the store is %s is nobody’s, and whoever has it signs out and in',
  async (_, sealed) => {
    const { authority } = cluster();
    const { apps, stores } = await replicas(1, authority);
    const { cookie } = await signIn(apps[0]!);
    await stores.sessions.reseal(digestOf(cookie.split('=')[1]!), sealed);
    expect(await statusOf(apps[0]!, cookie)).toBe(401);
    const out = await signOut(apps[0]!, { cookie });
    expect([out.statusCode, String(out.headers['set-cookie'])]).toEqual([
      200,
      expect.stringMatching(/Max-Age=0/),
    ]);
    const again = await signIn(apps[0]!, TOKEN, { cookie });
    expect(await statusOf(apps[0]!, again.cookie)).toBe(200);
  },
);

test('sessions that are over do not stay in the store, whoever comes', async () => {
  const { authority } = cluster();
  const { apps, clock, stores } = await replicas(1, authority);
  const digests: string[] = [];
  const begin = stores.sessions.begin.bind(stores.sessions);
  stores.sessions.begin = async (session, bounds) => (digests.push(session.digest), begin(session, bounds));
  await signIn(apps[0]!);
  const davids = await signIn(apps[0]!, 'the-token-of-david');
  for (let i = 0; i < 3; i++) {
    clock.now += 30 * MINUTE;
    expect(await statusOf(apps[0]!, davids.cookie)).toBe(200);
  }
  const there = await Promise.all(digests.map((digest) => stores.sessions.get(digest)));
  expect(there.map((each) => each !== undefined)).toEqual([false, true]);
});

test('while the store is away nobody is signed in, and that is said', async () => {
  const { authority } = cluster();
  const { apps, stores } = await replicas(1, authority);
  const { cookie } = await signIn(apps[0]!);
  stores.sessions.get = async () => {
    throw failureOf({ part: 'Elasticsearch', doing: 'finding a session', said: 'no node', passes: true });
  };
  const answer = await apps[0]!.inject({ url: '/api/v1/runs', headers: { cookie } });
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({
    detail: expect.stringMatching(/^Elasticsearch does not answer/) as string,
  });
  // Who has a token does without.
  const bearer = await apps[0]!.inject({
    url: '/api/v1/runs',
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(bearer.statusCode).toBe(200);
});

test('while the store can only be read, as on a full disk, who is signed in stays so until the idle end', async () => {
  const { authority } = cluster();
  const { apps, stores, clock } = await replicas(1, authority);
  const { cookie } = await signIn(apps[0]!);
  stores.sessions.use = async () => {
    throw new Away('The disk is nearly full');
  };
  clock.now += 40 * MINUTE;
  expect(await statusOf(apps[0]!, cookie)).toBe(200);
  clock.now += 40 * MINUTE;
  expect(await statusOf(apps[0]!, cookie)).toBe(401);
});

test('where nobody is asked who they are there are no sessions', async () => {
  const { apps } = await replicas(1, anyone);
  const answer = await apps[0]!.inject({
    method: 'POST',
    url: '/api/v1/session',
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([200, undefined]);
});
