import { connect } from 'node:net';
import { Problem } from '@margay/runtime';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { expect, test } from 'vitest';
import { anyone, type Authority } from '../access/access.ts';
import type { ApiOptions } from '../api.module.ts';
import { replicas } from '../testing/replicas.ts';
import type { TrustedHeaders } from './trusted-headers.ts';

const TOKEN = 'the-token-of-david';

const authority: Authority = {
  ofToken: async (token) => {
    if (token !== TOKEN) throw new Problem(401, 'Unauthorized', 'The token is not valid');
    return { ...anyone.everybody!, name: 'david' };
  },
  ofUser: ({ name, groups }) => ({ ...anyone.everybody!, name: [name, ...groups].join(' ') }),
};

const HEADERS: TrustedHeaders = {
  user: 'x-forwarded-user',
  groups: 'x-forwarded-groups',
  userPrefix: '',
  groupsPrefix: '',
};
const SECRET = { header: 'x-margay-proxy-secret', value: 'what the proxy and Margay know' };

/** An API behind a proxy at 127.0.0.1, or at another address. */
async function apiBehind(
  proxy: string,
  headers: Partial<TrustedHeaders> = {},
  more: Partial<ApiOptions> = {},
) {
  const { apps } = await replicas(1, authority, {
    proxies: { networks: [proxy], headers: 'x-forwarded' },
    signIn: { headers: { ...HEADERS, ...headers } },
    ...more,
  });
  return apps[0]!;
}

/** Asks with these very lines, which no client of a library would send; gives the status and who was seen. */
async function ask(
  app: NestFastifyApplication,
  lines: readonly string[],
): Promise<[number, string | undefined]> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.getHttpServer().address() as { port: number };
  const text = await new Promise<string>((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        ['GET /api/v1/cluster HTTP/1.1', 'Host: margay', 'Connection: close', ...lines, '', ''].join('\r\n'),
      ),
    );
    socket.on('data', (piece: Buffer) => (answer += piece.toString('utf8')));
    socket.on('end', () => resolve(answer)).on('error', reject);
  });
  const [, status] = /^HTTP\/1.1 (\d+)/.exec(text) ?? [];
  const [, viewer] = /"viewer":"([^"]*)"/.exec(text) ?? [];
  return [Number(status), viewer];
}

const USER = 'X-Forwarded-User: candice';

test.each<[string, string[], string]>([
  ['a user', [USER], 'candice system:authenticated'],
  [
    'a user with groups',
    [USER, 'X-Forwarded-Groups: auditors,staff'],
    'candice auditors staff system:authenticated',
  ],
  ['groups with holes', [USER, 'X-Forwarded-Groups: , a ,,a, '], 'candice a system:authenticated'],
  ['groups that are none', [USER, 'X-Forwarded-Groups:'], 'candice system:authenticated'],
  ['a name in other letters', ['X-Forwarded-User: José'], 'José system:authenticated'],
  ['a token beside', [USER, `Authorization: Bearer ${TOKEN}`], 'david'],
])('of a declared proxy %s is believed', async (_, lines, viewer) => {
  expect(await ask(await apiBehind('127.0.0.1'), lines)).toEqual([200, viewer]);
});

test.each<[string, string[]]>([
  ['nothing', []],
  ['an empty name', ['X-Forwarded-User:']],
  ['a name of white space', ['X-Forwarded-User:    ']],
  ['two names', [USER, 'X-Forwarded-User: admin']],
  ['one name twice', [USER, USER]],
  ['names that somebody joined', ['X-Forwarded-User: admin, candice']],
  ['groups twice', [USER, 'X-Forwarded-Groups: admins', 'X-Forwarded-Groups: staff']],
  ['groups of nobody', ['X-Forwarded-Groups: admins']],
  ['a name of the cluster’s own', ['X-Forwarded-User: system:admin']],
  ['a group of the cluster’s own', [USER, 'X-Forwarded-Groups: staff,system:masters']],
  ['a name that is too long', [`X-Forwarded-User: ${'x'.repeat(600)}`]],
  [
    'more groups than anybody has',
    [USER, `X-Forwarded-Groups: ${Array.from({ length: 2_500 }, (__, i) => i).join(',')}`],
  ],
])('of a declared proxy %s is nobody', async (_, lines) => {
  expect(await ask(await apiBehind('127.0.0.1'), lines)).toEqual([401, undefined]);
});

test.each<[string, string[]]>([
  ['the headers', [USER]],
  [
    'the headers, and that it came from the proxy',
    [USER, 'X-Forwarded-For: 10.0.0.1', 'Forwarded: for=10.0.0.1'],
  ],
  ['groups', ['X-Forwarded-Groups: admins']],
])('whoever is no declared proxy is nobody with %s', async (_, lines) => {
  expect(await ask(await apiBehind('10.0.0.1'), lines)).toEqual([401, undefined]);
});

test('not even with a session of their own: what they say of themselves is a lie', async () => {
  const app = await apiBehind('10.0.0.1');
  const signedIn = await app.inject({
    method: 'POST',
    url: '/api/v1/session',
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  const cookie = String(signedIn.headers['set-cookie']).split(';')[0]!;
  const statusWith = async (headers: Record<string, string>) =>
    (await app.inject({ url: '/api/v1/cluster', headers: { cookie, ...headers } })).statusCode;
  expect([await statusWith({}), await statusWith({ 'x-forwarded-user': 'candice' })]).toEqual([200, 401]);
});

test.each<[string, string[], number]>([
  ['none', [USER], 401],
  ['a wrong one', [USER, 'X-Margay-Proxy-Secret: guessed'], 401],
  ['two', [USER, `X-Margay-Proxy-Secret: ${SECRET.value}`, 'X-Margay-Proxy-Secret: guessed'], 401],
  ['the right one', [USER, `X-Margay-Proxy-Secret: ${SECRET.value}`], 200],
])('where the proxy has to send a secret, with %s: %i', async (_, lines, status) => {
  const [found] = await ask(await apiBehind('127.0.0.1', { secret: SECRET }), lines);
  expect(found).toBe(status);
});

test('names of headers and prefixes can be set', async () => {
  const app = await apiBehind('127.0.0.1', {
    user: 'x-forwarded-email',
    groups: 'x-roles',
    userPrefix: 'sso:',
    groupsPrefix: 'sso:',
  });
  expect(await ask(app, ['X-Forwarded-Email: c@example.org', 'X-Roles: system:masters'])).toEqual([
    200,
    'sso:c@example.org sso:system:masters system:authenticated',
  ]);
});

test.each([
  ['where it is not said that a proxy signs people in', { signIn: {} }, authority, [401, undefined]],
  ['where nobody is asked who they are', {}, anyone, [200, '']],
] as const)('%s headers make nobody', async (_, options, of, expected) => {
  const { apps } = await replicas(1, of, {
    proxies: { networks: ['127.0.0.1'], headers: 'x-forwarded' },
    signIn: { headers: HEADERS },
    ...options,
  });
  expect(await ask(apps[0]!, [USER, 'X-Forwarded-Groups: admins'])).toEqual(expected);
});
