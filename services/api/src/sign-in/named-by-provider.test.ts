import type { ServerResponse } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { expect, test } from 'vitest';
import { cookieOf, lyingProvider, realProvider, type Lies } from '../testing/providers.ts';
import { replicas } from '../testing/replicas.ts';
import { authority, MINUTE, optionsOf, signIn, viewerOf, type Cookies } from '../testing/signing-in.ts';
import { OidcProvider } from './oidc-provider.ts';

/** Replicas where a provider is asked again after 15 minutes, and believed for four hours. */
async function apiWith(count: number, issuer: string) {
  const oidc = new OidcProvider(
    optionsOf(issuer, {
      scopes: 'openid offline_access',
      username: { claim: 'sub', prefix: '' },
      groups: { claim: 'groups', prefix: '' },
    }),
  );
  const sessions = { lifetime: 720 * MINUTE, idle: 720 * MINUTE, ofOne: 32 };
  const { apps, clock, stores } = await replicas(count, authority, { signIn: { oidc }, sessions });
  return { apps, stores, pass: (minutes: number) => void (clock.now += minutes * MINUTE * 1_000) };
}

/** What a browser has that has signed in. */
async function signedIn(app: NestFastifyApplication): Promise<Cookies> {
  const { status, body, cookies } = await signIn([app]);
  expect([status, body]).toEqual([302, '']);
  return cookies;
}

const ALL = 'system:authenticated';

test('a real provider that gives each refresh token once is asked again, by one replica, until it knows somebody no more', async () => {
  const claims = { groups: ['auditors'] };
  const { issuer, forget } = await realProvider('candice', claims);
  const { apps, pass } = await apiWith(2, issuer);
  const cookies = await signedIn(apps[0]!);
  claims.groups = ['nobody'];
  pass(14);
  expect(await viewerOf(apps[0]!, cookies)).toBe(`candice auditors ${ALL}`);
  for (let rounds = 0; rounds < 3; rounds++) {
    pass(15);
    await Promise.all([...apps, ...apps].map((app) => viewerOf(app, cookies)));
    expect(await viewerOf(apps[1]!, cookies)).toBe(`candice nobody ${ALL}`);
  }
  forget();
  pass(15);
  expect(await viewerOf(apps[0]!, cookies)).toBe(401);
  expect(await viewerOf(apps[1]!, cookies)).toBe(401);
});

const json = (status: number, body: unknown) => ({
  '/token': (_: unknown, response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
});

const WITH_REFRESH = { tokens: { refresh_token: 'r' } };

/** What it does from the fifteenth minute on, and who asks after 16 minutes, after two hours, and after four. */
test.each<[string, Lies, Lies, (string | number)[]]>([
  ['still knows them', WITH_REFRESH, WITH_REFRESH, [`candice ${ALL}`, `candice ${ALL}`, `candice ${ALL}`]],
  [
    'has given them a group',
    WITH_REFRESH,
    { ...WITH_REFRESH, claims: { groups: ['a'] } },
    [`candice a ${ALL}`, `candice a ${ALL}`, `candice a ${ALL}`],
  ],
  [
    'has taken their groups',
    { ...WITH_REFRESH, claims: { groups: ['a'] } },
    WITH_REFRESH,
    [`candice ${ALL}`, `candice ${ALL}`, `candice ${ALL}`],
  ],
  ['knows them no more', WITH_REFRESH, { instead: json(400, { error: 'invalid_grant' }) }, [401, 401, 401]],
  ['says that it is somebody else', WITH_REFRESH, { claims: { sub: 'root' } }, [401, 401, 401]],
  [
    'says that it is one of the cluster’s own',
    WITH_REFRESH,
    { claims: { sub: 'system:admin' } },
    [401, 401, 401],
  ],
  [
    'names a group of the cluster’s own',
    WITH_REFRESH,
    { claims: { groups: ['system:masters'] } },
    [401, 401, 401],
  ],
  ['signs with another key', WITH_REFRESH, { signed: 'by another key' }, [401, 401, 401]],
  ['does not sign', WITH_REFRESH, { signed: 'alg none' }, [401, 401, 401]],
  ['gives a token of another party', WITH_REFRESH, { claims: { aud: 'another' } }, [401, 401, 401]],
  [
    'is away',
    WITH_REFRESH,
    { instead: json(503, { error: 'temporarily_unavailable' }) },
    [`candice ${ALL}`, `candice ${ALL}`, 401],
  ],
  [
    'knows this client no more',
    WITH_REFRESH,
    { instead: json(401, { error: 'invalid_client' }) },
    [`candice ${ALL}`, `candice ${ALL}`, 401],
  ],
  [
    'says that the token is good, and not whose it is',
    WITH_REFRESH,
    { tokens: { id_token: undefined } },
    [`candice ${ALL}`, `candice ${ALL}`, 401],
  ],
  [
    'gave no refresh token, and cannot be asked',
    {},
    { instead: json(400, { error: 'invalid_grant' }) },
    [`candice ${ALL}`, `candice ${ALL}`, 401],
  ],
])('a provider that %s', async (_, first, then, expected) => {
  const lies = { current: first };
  const { issuer } = await lyingProvider(lies);
  const { apps, pass } = await apiWith(1, issuer);
  const cookies = await signedIn(apps[0]!);
  lies.current = then;
  const found: (string | number)[] = [];
  for (const minutes of [16, 104, 120]) {
    pass(minutes);
    found.push(await viewerOf(apps[0]!, cookies));
  }
  expect(found).toEqual(expected);
});

test('one that does not answer is asked once a minute, and when it does, what it says counts', async () => {
  let asked = 0;
  const lies: { current: Lies } = { current: WITH_REFRESH };
  const { issuer } = await lyingProvider(lies);
  const { apps, pass } = await apiWith(2, issuer);
  const cookies = await signedIn(apps[0]!);
  const away = json(503, { error: 'temporarily_unavailable' })['/token'];
  lies.current = { instead: { '/token': (request, response) => (asked++, away(request, response)) } };
  pass(16);
  for (const app of [...apps, ...apps, ...apps]) expect(await viewerOf(app, cookies)).toBe(`candice ${ALL}`);
  expect(asked).toBe(1);
  pass(1);
  await viewerOf(apps[1]!, cookies);
  expect(asked).toBe(2);
  lies.current = { instead: json(400, { error: 'invalid_grant' }) };
  pass(1);
  expect(await viewerOf(apps[0]!, cookies)).toBe(401);
});

test('one who signs out while the provider is asked stays signed out', async () => {
  const lies: { current: Lies } = { current: WITH_REFRESH };
  const { issuer } = await lyingProvider(lies);
  const { apps, pass } = await apiWith(2, issuer);
  const cookies = await signedIn(apps[0]!);
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const { promise } = gate;
  lies.current = {
    instead: {
      '/token': async (_, response) => {
        asked.resolve();
        await promise;
        lies.current = WITH_REFRESH;
        const right = await fetch(`${issuer}/token`, { method: 'POST' });
        response.writeHead(200, { 'content-type': 'application/json' }).end(await right.text());
      },
    },
  };
  pass(16);
  const waiting = viewerOf(apps[0]!, cookies);
  await asked.promise;
  await apps[1]!.inject({ method: 'DELETE', url: '/api/v1/session', headers: { cookie: cookieOf(cookies) } });
  gate.resolve();
  await waiting;
  expect(await viewerOf(apps[0]!, cookies)).toBe(401);
});

test('the store tells nobody the refresh token', async () => {
  const { issuer } = await lyingProvider({ current: { tokens: { refresh_token: 'the-refresh-token' } } });
  const { apps, pass, stores } = await apiWith(1, issuer);
  const written: unknown[] = [];
  const begin = stores.sessions.begin.bind(stores.sessions);
  const reseal = stores.sessions.reseal.bind(stores.sessions);
  stores.sessions.begin = async (...given) => (written.push(given), begin(...given));
  stores.sessions.reseal = async (...given) => (written.push(given), reseal(...given));
  const cookies = await signedIn(apps[0]!);
  pass(16);
  await viewerOf(apps[0]!, cookies);
  // That the login is over, the session, that it is asked again, and what it is of since.
  expect(written).toHaveLength(4);
  for (const text of ['the-refresh-token', Buffer.from('the-refresh-token').toString('base64')])
    expect(JSON.stringify(written)).not.toContain(text);
});
