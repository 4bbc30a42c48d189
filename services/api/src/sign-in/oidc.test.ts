import { expect, test } from 'vitest';
import {
  CLIENT,
  cookieOf,
  drip,
  flood,
  lyingProvider,
  realProvider,
  REDIRECT_URI,
  throughProvider,
  type Lies,
} from '../testing/providers.ts';
import { replicas } from '../testing/replicas.ts';
import { authority, open, optionsOf, path, signIn, viewerOf } from '../testing/signing-in.ts';
import { OidcProvider, type OidcOptions } from './oidc-provider.ts';

const apiWith = async (count: number, options: OidcOptions) =>
  replicas(count, authority, { signIn: { oidc: new OidcProvider(options) } });

test('by a real provider: one goes there from one replica, comes back to another, and is whom it names', async () => {
  const { issuer } = await realProvider('candice', { groups: ['auditors', 'staff'], email: 'c@example.org' });
  const { apps } = await apiWith(2, optionsOf(issuer));
  const start = await open(apps[0]!, '/login/oidc?return=%2F%23%2Fcoverage');
  const asked = new URL(start.location).searchParams;
  expect(Object.fromEntries(asked)).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    redirect_uri: REDIRECT_URI,
    scope: 'openid profile email',
  });
  const back = await open(apps[1]!, path(await throughProvider(start.location)), start.cookies);
  expect([back.status, back.location]).toEqual([302, '/#/coverage']);
  expect(await viewerOf(apps[0]!, back.cookies)).toBe(
    'oidc:candice oidc:auditors oidc:staff system:authenticated',
  );
  await apps[0]!.inject({
    method: 'DELETE',
    url: '/api/v1/session',
    headers: { cookie: cookieOf(back.cookies) },
  });
  expect(await viewerOf(apps[1]!, back.cookies)).toBe(401);
});

test('another claim may be the name', async () => {
  const { issuer } = await realProvider('1234', { email: 'c@example.org', email_verified: true });
  const { apps } = await apiWith(1, optionsOf(issuer, { username: { claim: 'email', prefix: '' } }));
  const { cookies } = await signIn(apps);
  expect(await viewerOf(apps[0]!, cookies)).toBe('c@example.org system:authenticated');
});

test('the ways to sign in are told to whoever is to choose one', async () => {
  const { issuer } = await lyingProvider({ current: {} });
  const { apps } = await apiWith(1, optionsOf(issuer));
  expect((await apps[0]!.inject({ url: '/api/v1/login' })).json()).toEqual({
    items: [
      { kind: 'oidc', title: 'Example', href: '/login/oidc' },
      { kind: 'token', title: 'Token', href: null },
    ],
    signOut: null,
  });
  const { apps: plain } = await replicas(1, authority);
  expect((await plain[0]!.inject({ url: '/api/v1/login' })).json<{ items: unknown[] }>().items).toHaveLength(
    1,
  );
  expect((await open(plain[0]!, '/login/oidc')).status).toBe(404);
});

test('where a provider is away the API starts and says so to who signs in; when it is there, they do', async () => {
  const isAwayFrom = async (apps: Awaited<ReturnType<typeof apiWith>>['apps']) => {
    const away = await signIn(apps);
    expect(away.status).toBe(503);
    expect(away.body).toContain('cannot be asked now');
    expect((await apps[0]!.inject({ url: '/api/v1/login' })).statusCode).toBe(200);
  };
  const { apps: toNobody } = await apiWith(1, optionsOf('http://127.0.0.1:1'));
  await isAwayFrom(toNobody);
  // One that hangs up on its own port: no other process can take it meanwhile.
  const hangsUp: Lies = {
    instead: { '/.well-known/openid-configuration': (_, response) => void response.destroy() },
  };
  const lies = { current: hangsUp };
  const { apps } = await apiWith(1, optionsOf((await lyingProvider(lies)).issuer));
  await isAwayFrom(apps);
  lies.current = {};
  const { cookies } = await signIn(apps);
  expect(await viewerOf(apps[0]!, cookies)).toBe('oidc:candice system:authenticated');
});

const past = { iat: Date.now() / 1_000 - 3_600, exp: Date.now() / 1_000 - 120 };
const words = (text: string) => (_: unknown, response: { end: (text: string) => unknown }) =>
  void response.end(text);

test.each<[string, Lies, number, RegExp]>([
  [
    'an issuer that calls itself otherwise',
    { discovery: { issuer: 'http://evil.example' } },
    503,
    /cannot be asked now/,
  ],
  [
    'no place to sign in',
    { discovery: { authorization_endpoint: undefined } },
    503,
    /names no authorization_endpoint/,
  ],
  [
    'keys at a place that anybody in between could be',
    { discovery: { jwks_uri: 'http://keys.example/jwks' } },
    503,
    /names no jwks_uri that is asked by https/,
  ],
  [
    'a discovery that is no JSON',
    { instead: { '/.well-known/openid-configuration': words('<html>') } },
    503,
    /now/,
  ],
  ['a discovery that never ends', { instead: { '/.well-known/openid-configuration': drip } }, 503, /now/],
  ['a discovery that floods', { instead: { '/.well-known/openid-configuration': flood } }, 503, /bytes/],
  ['a token of somebody else’s', { claims: { aud: 'another' } }, 401, /believed/],
  [
    'a token of many, of another party',
    { claims: { aud: ['margay', 'another'], azp: 'another' } },
    401,
    /believed/,
  ],
  ['a token of another issuer', { claims: { iss: 'http://evil.example' } }, 401, /believed/],
  ['a token without a signature', { signed: 'alg none' }, 401, /believed/],
  ['a token that another key signed', { signed: 'by another key' }, 401, /believed/],
  ['a token that was changed', { signed: 'changed since' }, 401, /believed/],
  ['a token that has expired', { claims: past }, 401, /believed/],
  ['a token that never does', { claims: { exp: undefined } }, 401, /believed/],
  ['a token of another sign-in', { claims: { nonce: 'another' } }, 401, /believed/],
  ['a token of no sign-in', { claims: { nonce: undefined } }, 401, /believed/],
  ['a token of a time to come', { claims: { nbf: Date.now() / 1_000 + 300 } }, 401, /believed/],
  ['no name', { claims: { sub: undefined } }, 401, /believed/],
  ['keys that never end', { instead: { '/jwks': drip } }, 503, /now/],
  ['keys that flood', { instead: { '/jwks': flood } }, 503, /now/],
  [
    'a token that is no JSON',
    {
      instead: {
        '/token': (_, response) =>
          void response
            .writeHead(200, { 'content-type': 'application/json' })
            .end(`{"id_token": ${CLIENT.secret}`),
      },
    },
    401,
    /no JSON/,
  ],
  ['no token', { instead: { '/token': words('{}') } }, 401, /believed/],
  ['a token that never ends', { instead: { '/token': drip } }, 503, /now/],
  [
    'an error with a secret in it',
    {
      instead: {
        '/token': (_, response) =>
          void response
            .writeHead(400, { 'content-type': 'application/json' })
            .end(JSON.stringify({ error: `<b>${CLIENT.secret}</b>`, error_description: CLIENT.secret })),
      },
    },
    401,
    /reason/,
  ],
  [
    'that this client is none of its own',
    {
      instead: {
        '/token': (_, response) =>
          void response
            .writeHead(401, { 'content-type': 'application/json' })
            .end(JSON.stringify({ error: 'invalid_client' })),
      },
    },
    503,
    /invalid_client/,
  ],
  ['groups that are no list', { claims: { groups: { a: 'b' } } }, 401, /no list of names/],
  ['groups that are no names', { claims: { groups: ['a', 7] } }, 401, /no list of names/],
  [
    'ten thousand groups',
    { claims: { groups: Array.from({ length: 10_000 }, (_, i) => `g${i}`) } },
    401,
    /10000 groups/,
  ],
  [
    'groups that are kept elsewhere',
    { claims: { _claim_names: { groups: 'src1' } } },
    401,
    /too many groups/,
  ],
])('a provider that gives %s signs nobody in', async (_, current, status, said) => {
  const { issuer } = await lyingProvider({ current });
  const isEndless = Object.values(current.instead ?? {}).some((answer) => answer === drip);
  const { apps } = await apiWith(1, optionsOf(issuer, isEndless ? { milliseconds: 1_000 } : {}));
  const answer = await signIn(apps);
  expect(answer.status).toBe(status);
  expect(answer.body).toMatch(said);
  expect(answer.body).not.toContain(CLIENT.secret);
  expect([...answer.cookies.keys()]).not.toContain('margay-session');
});

test.each<[string, Lies['claims'], string]>([
  ['no groups', { groups: undefined }, 'oidc:candice system:authenticated'],
  ['one group', { groups: 'auditors' }, 'oidc:candice oidc:auditors system:authenticated'],
  ['groups twice and none', { groups: ['a', '', 'a'] }, 'oidc:candice oidc:a system:authenticated'],
  [
    'a clock that is behind',
    {
      // When it is asked: until then the tests before this one take their time.
      get exp() {
        return Date.now() / 1_000 - 10;
      },
    },
    'oidc:candice system:authenticated',
  ],
  [
    'groups of the cluster’s own, with a prefix',
    { groups: ['system:masters'] },
    'oidc:candice oidc:system:masters system:authenticated',
  ],
])('a provider that gives %s', async (_, claims, viewer) => {
  const { issuer } = await lyingProvider({ current: { claims: claims! } });
  const { apps } = await apiWith(1, optionsOf(issuer));
  expect(await viewerOf(apps[0]!, (await signIn(apps)).cookies)).toBe(viewer);
});

test.each<[string, Lies['claims'], Partial<OidcOptions>]>([
  ['a group', { groups: ['system:masters'] }, { groups: { claim: 'groups', prefix: '' } }],
  ['a name', { sub: 'system:admin' }, { username: { claim: 'sub', prefix: '' } }],
  [
    'an address that nobody verified',
    { email: 'a@b', email_verified: false },
    { username: { claim: 'email', prefix: '' } },
  ],
  ['a name that is a number', { uid: 7 }, { username: { claim: 'uid', prefix: '' } }],
])('%s that would make somebody more than they are is refused', async (_, claims, options) => {
  const { issuer } = await lyingProvider({ current: { claims: claims! } });
  const { apps } = await apiWith(1, optionsOf(issuer, options));
  expect((await signIn(apps)).status).toBe(401);
});

test('who comes back twice, late, with another state or without having gone is not signed in', async () => {
  const { issuer } = await lyingProvider({ current: {} });
  const { apps, clock } = await apiWith(2, optionsOf(issuer));
  const start = async () => {
    const { location, cookies } = await open(apps[0]!, '/login/oidc');
    return { back: path(await throughProvider(location)), cookies };
  };
  const one = await start();
  const both = await Promise.all(apps.map((app) => open(app, one.back, one.cookies)));
  expect(both.map(({ status }) => status).sort((a, b) => a - b)).toEqual([302, 401]);
  expect((await open(apps[0]!, one.back, one.cookies)).status).toBe(401);

  const two = await start();
  expect((await open(apps[0]!, two.back)).status).toBe(401);
  const other = await start();
  expect((await open(apps[0]!, two.back, other.cookies)).status).toBe(401);

  const late = await start();
  clock.now += 600_000_000;
  expect((await open(apps[0]!, late.back, late.cookies)).status).toBe(401);

  const refused = await start();
  const state = new URL(refused.back, issuer).searchParams.get('state')!;
  const query = new URLSearchParams({ error: 'access_denied', error_description: '<script>', state });
  const answer = await open(apps[0]!, `/login/oidc/callback?${query.toString()}`, refused.cookies);
  expect([answer.status, answer.body.includes('access_denied'), answer.body.includes('<script>')]).toEqual([
    401,
    true,
    false,
  ]);
});

test('asking for the way to the provider writes nothing down, however often', async () => {
  const { issuer } = await lyingProvider({ current: {} });
  const { apps, stores } = await apiWith(1, optionsOf(issuer));
  let written = 0;
  const begin = stores.sessions.begin.bind(stores.sessions);
  stores.sessions.begin = async (session, bounds) => (written++, begin(session, bounds));
  for (let i = 0; i < 50; i++) expect((await open(apps[0]!, '/login/oidc')).status).toBe(302);
  expect(written).toBe(0);
  await signIn(apps);
  // The session, and that this login is over.
  expect(written).toBe(2);
});

test.each([
  ['no JSON', 'x'],
  ['another JSON', '{"login":7,"at":1}'],
  ['one without a time', '{"login":{"state":"s","nonce":"n","verifier":"v","page":"/"}}'],
])('a cookie of a login that is %s is none', async (_, text) => {
  const { issuer } = await lyingProvider({ current: {} });
  const { apps } = await apiWith(1, optionsOf(issuer));
  const cookie = Buffer.from(text).toString('base64url');
  const answer = await open(apps[0]!, '/login/oidc/callback?code=c&state=s', [['margay-login', cookie]]);
  expect([answer.status, answer.body]).toEqual([401, expect.stringContaining('not begun') as string]);
});

test('a page that somebody wrote into the cookie of a login is not gone to', async () => {
  const { issuer } = await lyingProvider({ current: {} });
  const { apps } = await apiWith(1, optionsOf(issuer));
  const start = await open(apps[0]!, '/login/oidc');
  const text = Buffer.from(start.cookies.get('margay-login')!, 'base64url').toString('utf8');
  const changed = text.replace('"page":"/"', '"page":"//evil.example"');
  expect(changed).not.toBe(text);
  const back = await open(apps[0]!, path(await throughProvider(start.location)), [
    ['margay-login', Buffer.from(changed).toString('base64url')],
  ]);
  expect([back.status, back.location]).toEqual([400, 'undefined']);
});

test.each([
  ['/', '/'],
  ['', '/'],
  ['/#/runs/a?kind=endpoints', '/#/runs/a?kind=endpoints'],
  ['/../..//evil.example', undefined],
  ['//evil.example', undefined],
  ['///evil.example', undefined],
  ['/\\evil.example', undefined],
  ['/%5Cevil.example', '/%5Cevil.example'],
  ['https://evil.example/', undefined],
  ['javascript:alert(1)', undefined],
  ['\t//evil.example', undefined],
  ['/\t/evil.example', undefined],
  ['/a\r\nset-cookie: x=y', undefined],
  ['evil.example', undefined],
])('return=%j leads to %j', async (asked, page) => {
  const { issuer } = await lyingProvider({ current: {} });
  const { apps } = await apiWith(1, optionsOf(issuer));
  const { status, location } = await signIn(apps, `?return=${encodeURIComponent(asked)}`);
  expect([status, status === 302 ? location : undefined]).toEqual(
    page === undefined ? [400, undefined] : [302, page],
  );
});

test('a browser is told what went wrong on a page, with nothing in it that somebody else wrote as markup', async () => {
  const { apps } = await apiWith(1, optionsOf('http://127.0.0.1:1'));
  const { statusCode, headers, body } = await apps[0]!.inject({
    url: '/login/oidc',
    headers: { accept: 'text/html,*/*' },
  });
  expect([statusCode, headers['content-type']]).toEqual([503, 'text/html; charset=utf-8']);
  expect(body).toContain('Signing in is not possible now');
});
