import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { expect, test } from 'vitest';
import {
  CLIENT,
  cookieOf,
  fetchWith,
  lyingProvider,
  realProvider,
  SIGNED_OUT_URI,
  throughProvider,
  type Lies,
} from '../testing/providers.ts';
import { replicas } from '../testing/replicas.ts';
import { authority, open, optionsOf, path, signIn, viewerOf, type Cookies } from '../testing/signing-in.ts';
import { OidcProvider, type OidcOptions } from './oidc-provider.ts';

const apiWith = async (options: OidcOptions) =>
  (await replicas(1, authority, { signIn: { oidc: new OidcProvider(options) } })).apps;

async function signOut(app: NestFastifyApplication, cookies: Cookies, url = '/api/v1/session') {
  const answer = await app.inject({ method: 'DELETE', url, headers: { cookie: cookieOf(cookies) } });
  expect(answer.statusCode).toBe(200);
  return answer.json<{ next: string | null }>().next;
}

test.each(['/api/v1/session', '/api/v1/sessions'])(
  'who signs out by %s goes on to a real provider, signs out there, and comes back',
  async (url) => {
    const { issuer } = await realProvider('candice', {});
    const [app] = await apiWith(optionsOf(issuer));
    const atProvider = new Map<string, string>();
    const start = await open(app!, '/login/oidc');
    const back = await open(app!, path(await throughProvider(start.location, atProvider)), start.cookies);
    const next = new URL((await signOut(app!, back.cookies, url))!);
    expect(await viewerOf(app!, back.cookies)).toBe(401);
    expect(next.origin).toBe(issuer);
    expect(Object.fromEntries(next.searchParams)).toEqual({
      client_id: CLIENT.id,
      post_logout_redirect_uri: SIGNED_OUT_URI,
      id_token_hint: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string,
    });
    // It asks whether they mean it, and would refuse an address that is not the client's.
    const asked = await fetchWith(atProvider, next);
    expect(asked.status).toBe(200);
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(await asked.text())!;
    const done = await fetchWith(atProvider, new URL('/session/end/confirm', issuer), {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    });
    expect([done.status, done.headers.get('location')]).toEqual([303, SIGNED_OUT_URI]);
  },
);

const END = (issuer: string) => ({ end_session_endpoint: `${issuer}/end` });

test.each<[string, Lies['discovery'] | 'offered', Partial<OidcOptions>]>([
  ['it does not offer that', {}, {}],
  ['it is set otherwise', 'offered', { signedOutUri: undefined as never }],
  ['it names a place by another protocol', { end_session_endpoint: 'javascript:alert(1)' }, {}],
  ['it names no place', { end_session_endpoint: 'none' }, {}],
])('who signs out does not go to the provider where %s', async (_, discovery, more) => {
  const current: { current: Lies } = { current: {} };
  const { issuer } = await lyingProvider(current);
  current.current = { discovery: discovery === 'offered' ? END(issuer) : discovery! };
  const apps = await apiWith(optionsOf(issuer, more));
  const { cookies } = await signIn(apps);
  expect(await signOut(apps[0]!, cookies)).toBeNull();
  expect(await viewerOf(apps[0]!, cookies)).toBe(401);
});

test('a token that would not fit into an address is not sent; who has no session of the provider goes nowhere', async () => {
  const lies: { current: Lies } = { current: {} };
  const { issuer } = await lyingProvider(lies);
  lies.current = {
    discovery: END(issuer),
    claims: { groups: Array.from({ length: 500 }, (_, i) => `group-${i}`) },
  };
  const apps = await apiWith(optionsOf(issuer));
  const { cookies } = await signIn(apps);
  const next = new URL((await signOut(apps[0]!, cookies))!);
  expect([next.href.length < 300, next.searchParams.has('id_token_hint')]).toEqual([true, false]);
  expect(await signOut(apps[0]!, cookies)).toBeNull();
});
