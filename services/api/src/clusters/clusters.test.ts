import { signingKey } from '@margay/ledger';
import { Problem, silentLog, type Log } from '@margay/runtime';
import { logReports, openEmbedded } from '@margay/storage';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { expect, test, vi } from 'vitest';
import { anyone, type Authority } from '../access/access.ts';
import { SessionKeeper } from '../session/session-keeper.ts';
import type { SignIn } from '../sign-in/sign-in.ts';
import { apiOfBoth, ask, type BothOptions, SPAN, type Asked } from '../testing/two-clusters.ts';

test('what is asked of a cluster is answered from its stores, and of no cluster from those of the first', async () => {
  const { app, runs } = await apiOfBoth({ isOneAuthority: true });
  const idsOf = async (query: string) => (await ask(app, `/runs${query}`)).body.items!.map(({ id }) => id);
  expect(await idsOf('')).toEqual([runs['alpha']]);
  expect(await idsOf('?cluster=alpha')).toEqual([runs['alpha']]);
  expect(await idsOf('?cluster=beta&report=daily')).toEqual([runs['beta']]);
  expect((await ask(app, '/cluster?cluster=beta')).body.cluster).toBe('beta');
  // The run of another cluster is not there, whoever asks.
  expect((await ask(app, `/runs/${runs['beta']}?cluster=beta`)).status).toBe(200);
  expect((await ask(app, `/runs/${runs['beta']}`)).status).toBe(404);
  expect((await ask(app, `/runs/${runs['alpha']}?cluster=beta`)).status).toBe(404);
});

test.each([
  ['/runs?cluster=gamma', 404],
  ['/runs?cluster=beta&cluster=alpha', 400],
  ['/runs?cluster=beta&mistyped=1', 400],
  ['/runs?cluster=', 404],
])('%s is answered %d', async (path, status) => {
  const { app } = await apiOfBoth({ isOneAuthority: true });
  expect((await ask(app, path)).status).toBe(status);
});

test.each<[string, BothOptions, number]>([
  ['that is there', {}, 200],
  [
    'that cannot be opened',
    {
      access: () => {
        throw new Error('No file /etc/kubeconfigs/beta.yaml');
      },
    },
    503,
  ],
])('before it is known who asks nobody learns of a cluster %s', async (_, options, known) => {
  const { app } = await apiOfBoth({ signIn: { oidc: PROVIDER }, ...options });
  const elsewhere = async (cookie: string, cluster: string) => {
    const { statusCode, payload } = await app.inject({
      url: `/api/v1/runs?cluster=${cluster}`,
      headers: { cookie },
    });
    return { statusCode, payload };
  };
  const bytes = async (path: string, authorization?: string, method: 'GET' | 'POST' = 'GET') => {
    const headers = { ...(authorization !== undefined && { authorization }) };
    const { statusCode, payload, headers: answered } = await app.inject({ method, url: path, headers });
    const { date: _, ...said } = answered;
    return { statusCode, payload, said };
  };
  for (const path of [
    'runs',
    'clusters',
    'login',
    'session',
    'log/checkpoint',
    'runs/x/rows/endpoints',
    'nothing',
  ])
    for (const token of [undefined, 'Bearer wrong', 'Basic eDp5'])
      for (const method of ['GET', 'POST'] as const)
        expect(await bytes(`/api/v1/${path}?cluster=gamma`, token, method)).toEqual(
          await bytes(`/api/v1/${path}?cluster=beta`, token, method),
        );
  const ofToken = await ask(app, '/session', { token: 'token-of-alpha', method: 'POST' });
  // By a token one is known to its own cluster, and no other says whether it is there.
  const [gamma, beta] = [await elsewhere(ofToken.cookie, 'gamma'), await elsewhere(ofToken.cookie, 'beta')];
  expect(gamma).toEqual(beta);
  expect(gamma.statusCode).toBe(401);
  // Whom a provider named is known to all.
  const cookie = await namedByProvider(app, 'oidc:ann', 'ann');
  expect((await ask(app, '/runs?cluster=gamma', { cookie })).status).toBe(404);
  expect((await ask(app, '/runs?cluster=beta', { cookie })).status).toBe(known);
});

test('a session that somebody made up tells nothing of a cluster, also where that cannot be looked at', async () => {
  const access = () => {
    throw new Error('No file /etc/kubeconfigs/beta.yaml');
  };
  const { app } = await apiOfBoth({ access });
  const { cookie: own } = await ask(app, '/session', { token: 'token-of-alpha', method: 'POST' });
  const madeUp = own.split('=')[1]!.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
  const { body } = await ask(app, '/clusters', { cookie: `${own}; margay-session.beta=${madeUp}` });
  expect(body.items!.map(({ name }) => name)).toEqual(['alpha']);
});

test('tokens and sessions of one cluster are good for nothing in another', async () => {
  const { app } = await apiOfBoth();
  const [alpha, beta] = ['token-of-alpha', 'token-of-beta'];
  const status = async (query: string, asked: Asked) => (await ask(app, `/runs${query}`, asked)).status;
  expect([await status('', { token: alpha }), await status('?cluster=beta', { token: alpha })]).toEqual([
    200, 401,
  ]);
  expect([await status('', { token: beta }), await status('?cluster=beta', { token: beta })]).toEqual([
    401, 200,
  ]);

  const ofAlpha = (await ask(app, '/session', { token: alpha, method: 'POST' })).cookie;
  const ofBeta = (await ask(app, '/session?cluster=beta', { token: beta, method: 'POST' })).cookie;
  expect([ofAlpha.split('=')[0], ofBeta.split('=')[0]]).toEqual(['margay-session', 'margay-session.beta']);
  const both = `${ofAlpha}; ${ofBeta}`;
  expect([await status('', { cookie: both }), await status('?cluster=beta', { cookie: both })]).toEqual([
    200, 200,
  ]);
  expect(await status('?cluster=beta', { cookie: ofAlpha })).toBe(401);
  expect(await status('', { cookie: ofBeta })).toBe(401);
  // Somebody calls the one the other.
  const swapped = [`margay-session.beta=${ofAlpha.split('=')[1]}`, `margay-session=${ofBeta.split('=')[1]}`];
  expect(await status('?cluster=beta', { cookie: swapped[0]! })).toBe(401);
  expect(await status('', { cookie: swapped[1]! })).toBe(401);

  // Who is called the same in both is two people: one does not end the sessions of the other.
  expect((await ask(app, '/sessions', { cookie: ofAlpha })).body.items).toHaveLength(1);
  await ask(app, '/sessions', { cookie: ofAlpha, method: 'DELETE' });
  expect([await status('', { cookie: both }), await status('?cluster=beta', { cookie: both })]).toEqual([
    401, 200,
  ]);
});

/** A provider that nobody has to ask: it named somebody just now. */
const PROVIDER = {
  issuer: 'https://id.example',
  belief: { askAgain: 60_000, atMost: 60_000 },
  configuration: async () => {},
  signOutAt: async () => undefined,
} as unknown as NonNullable<SignIn['oidc']>;

/** The cookie of a session that somebody has whom a provider named. */
async function namedByProvider(
  app: NestFastifyApplication,
  name: string,
  subject: string,
  issuer = PROVIDER.issuer,
): Promise<string> {
  let cookie = '';
  const reply = { header: (_: string, line: string) => void (cookie = line.split(';')[0]!) };
  const request = { headers: {}, raw: { headers: {}, socket: {} } } as unknown as FastifyRequest;
  const owner = { by: 'oidc' as const, issuer, subject };
  const content = { user: { name, groups: [] }, owner, named: { at: Date.now() * 1_000 } };
  await app
    .get(SessionKeeper, { strict: false })
    .begin(request, reply as unknown as FastifyReply, owner, content);
  return cookie;
}

test('somebody whom an identity provider named is known to every cluster, each of which says what they may see', async () => {
  const { app } = await apiOfBoth({ signIn: { oidc: PROVIDER } });
  const cookie = await namedByProvider(app, 'oidc:ann', 'ann');
  const viewer = async (query: string) =>
    (await ask(app, `/cluster${query}`, { cookie })).body as { readonly viewer?: string };
  expect([(await viewer('')).viewer, (await viewer('?cluster=beta')).viewer]).toEqual([
    'oidc:ann in alpha',
    'oidc:ann in beta',
  ]);
  expect(toldIn((await ask(app, '/clusters', { cookie })).body)).toEqual(['alpha', 'beta']);
});

const toldIn = ({ items = [] }: { readonly items?: readonly Record<string, unknown>[] }) =>
  items.filter((item) => item['told'] !== null).map(({ name }) => name);

test('a token is shown to no cluster but the one that is asked, and sessions of each show its own', async () => {
  const shown: string[] = [];
  const { app } = await apiOfBoth({ shown });
  const clusters = async (asked: Asked) => toldIn((await ask(app, '/clusters', asked)).body);
  expect(await clusters({ token: 'token-of-alpha' })).toEqual(['alpha']);
  expect(new Set(shown)).toEqual(new Set(['token-of-alpha to alpha']));

  const ofAlpha = (await ask(app, '/session', { token: 'token-of-alpha', method: 'POST' })).cookie;
  const asked = { token: 'token-of-beta', method: 'POST' } as const;
  const ofBeta = (await ask(app, '/session?cluster=beta', asked)).cookie;
  expect(await clusters({ cookie: ofAlpha })).toEqual(['alpha']);
  expect(await clusters({ cookie: `${ofAlpha}; ${ofBeta}` })).toEqual(['alpha', 'beta']);
  expect(new Set(shown)).toEqual(new Set(['token-of-alpha to alpha', 'token-of-beta to beta']));
});

test('the sessions of somebody are theirs by the way in which they signed in, whichever cluster they look from', async () => {
  const { app } = await apiOfBoth({ signIn: { oidc: PROVIDER } });
  const name = 'system:serviceaccount:shop:auditor';
  const ann = await namedByProvider(app, name, 'ann');
  const others = {
    'ann again': await namedByProvider(app, name, 'ann'),
    // Who was called so before, one of another provider that was set here once, and tokens of the name.
    'another subject': await namedByProvider(app, name, 'ben'),
    'another issuer': await namedByProvider(app, name, 'ann', 'https://other.example'),
    'a token of alpha': (await ask(app, '/session', { token: 'token-of-alpha', method: 'POST' })).cookie,
    'a token of beta': (await ask(app, '/session?cluster=beta', { token: 'token-of-beta', method: 'POST' }))
      .cookie,
  };
  const listed = async (query: string, asked: Asked) =>
    (await ask(app, `/sessions${query}`, asked)).body.items!.length;
  expect([
    await listed('', { cookie: ann }),
    await listed('?cluster=beta', { cookie: ann }),
    await listed('', { token: 'token-of-alpha' }),
    await listed('?cluster=beta', { token: 'token-of-beta' }),
  ]).toEqual([2, 2, 1, 1]);
  // She sends what this browser has beside: the session of a token of the other cluster is none of hers.
  const cookie = `${ann}; ${others['a token of beta']}`;
  expect(
    (await ask(app, '/sessions?cluster=beta', { token: 'token-of-beta', method: 'DELETE' })).status,
  ).toBe(200);
  expect(await listed('?cluster=beta', { cookie })).toBe(2);
  expect((await ask(app, '/sessions?cluster=beta', { cookie: ann, method: 'DELETE' })).status).toBe(200);
  const status = async (query: string, asked: Asked) => (await ask(app, `/runs${query}`, asked)).status;
  const left = Object.entries(others).map(async ([what, own]) => [
    what,
    await status(what.endsWith('beta') ? '?cluster=beta' : '', { cookie: own }),
  ]);
  expect(Object.fromEntries(await Promise.all(left))).toEqual({
    'ann again': 401,
    'another subject': 200,
    // What this provider did not say it is not asked about.
    'another issuer': 401,
    'a token of alpha': 200,
    'a token of beta': 401,
  });
});

test('signing out of one cluster does not end the session of a token of another one', async () => {
  const { app } = await apiOfBoth();
  const alpha = (await ask(app, '/session', { token: 'token-of-alpha', method: 'POST' })).cookie;
  const asked = { token: 'token-of-beta', method: 'POST' } as const;
  const beta = (await ask(app, '/session?cluster=beta', asked)).cookie;
  const cookie = `${alpha}; ${beta}`;
  await ask(app, '/session?cluster=beta', { cookie, method: 'DELETE' });
  const statuses = [await ask(app, '/runs', { cookie }), await ask(app, '/runs?cluster=beta', { cookie })];
  expect(statuses.map(({ status }) => status)).toEqual([200, 401]);
});

test.each([
  [
    true,
    [
      ['alpha', false],
      ['beta', true],
    ],
    false,
  ],
  [false, [['beta', true]], true],
])(
  'with one authority (%j) the clusters %j are told of, and whether there are others to sign in at (%j)',
  async (isOneAuthority, named, signInElsewhere) => {
    const { app } = await apiOfBoth({ isOneAuthority });
    const { body } = await ask(
      app,
      '/clusters?cluster=beta',
      isOneAuthority ? {} : { token: 'token-of-beta' },
    );
    expect(body.items!.map(({ name, isAsked }) => [name, isAsked])).toEqual(named);
    expect(toldIn(body)).toEqual(named.map(([name]) => name));
    expect(body).toMatchObject({ signInElsewhere });
  },
);

test('reports that a log has and its archive has not are counted of every cluster, whoever asks for it', async () => {
  const { app, cell, metrics } = await apiOfBoth();
  const removed = {
    id: 'removed',
    cluster: 'beta',
    reportName: 'daily',
    reportType: 'inventory',
    ...SPAN,
    generatedAt: SPAN.end,
    digest: 'd',
    parts: [],
    content: null,
    sequence: 1,
    headerDigest: 'h',
  };
  await logReports(cell.of('beta'), [removed], signingKey('margay/beta', new Uint8Array(32)));
  const counted = async () =>
    (await metrics.exposition())
      .split('\n')
      .filter((line) => line.startsWith('margay_archive_missing_reports'));
  const isCounted = async () =>
    expect(await counted()).toEqual([
      'margay_archive_missing_reports{cluster="alpha"} 0',
      'margay_archive_missing_reports{cluster="beta"} 1',
    ]);
  await vi.waitFor(isCounted, 30_000);
  // An application of its own for beta counts nothing twice.
  await ask(app, '/runs?cluster=beta', { token: 'token-of-beta' });
  expect(await counted()).toHaveLength(2);
});

test('a cluster that cannot be opened is tried once in a while, however many ask for it, and why is for the log', async () => {
  let tries = 0;
  let isAway = true;
  const reasons: unknown[] = [];
  const log: Log = { ...silentLog, error: (_, fields) => void reasons.push(fields?.['reason']) };
  const access = () => {
    tries++;
    if (isAway) throw new Error('No file /etc/kubeconfigs/beta.yaml, token=hunter2-hunter2');
    return anyone;
  };
  const { app } = await apiOfBoth({ access, log, ofFirst: anyone });
  const flood = () => Promise.all(Array.from({ length: 30 }, () => ask(app, '/runs?cluster=beta')));
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    for (let rounds = 0; rounds < 3; rounds++) {
      const answers = await flood();
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
      expect(JSON.stringify(answers)).not.toMatch(/kubeconfigs|hunter2/);
    }
    expect(tries).toBe(1);
    expect(reasons.filter((each) => each !== undefined)).toHaveLength(1);
    isAway = false;
    vi.advanceTimersByTime(4_999);
    expect((await ask(app, '/runs?cluster=beta')).status).toBe(503);
    vi.advanceTimersByTime(1);
    expect(new Set((await flood()).map(({ status }) => status))).toEqual(new Set([200]));
    expect(tries).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

test('a session of a cluster that was removed is good for none, also where another is the first by now', async () => {
  const kept = openEmbedded(':memory:');
  const { app: before } = await apiOfBoth({ sessionsIn: kept });
  const cookie = (await ask(before, '/session', { token: 'token-of-alpha', method: 'POST' })).cookie;
  expect((await ask(before, '/runs', { cookie })).status).toBe(200);
  const shown: string[] = [];
  const { app: after } = await apiOfBoth({ sessionsIn: kept, names: ['beta'], shown });
  expect((await ask(after, '/runs', { cookie })).status).toBe(401);
  expect((await ask(after, '/runs?cluster=alpha', { token: 'token-of-alpha' })).status).toBe(401);
  expect(shown).toEqual([]);
});

/** One API server knows everybody and decides about every cluster by its name. */
const hubOf = (cluster: string): Authority => ({
  isOfAll: true,
  async ofToken(token) {
    if (token === 'wrong') throw new Problem(401, 'Unauthorized', 'nobody');
    const enter = async (name: string) => {
      if (![`of-${name}`, 'of-all'].includes(token)) throw new Problem(403, 'Forbidden', `needs ${name}`);
    };
    const listable = async <R>(reports: readonly R[]) => enter(cluster).then(() => [...reports]);
    return { ...anyone.everybody!, name: token, enter, listable };
  },
});

test.each([
  ['of-alpha', '/runs', { alpha: 200, beta: 403, gamma: 403 }],
  ['of-all', '/runs', { alpha: 200, beta: 200, gamma: 404 }],
  ['wrong', '/runs', { alpha: 401, beta: 401, gamma: 401 }],
  // Nothing is in these logs.
  ['of-alpha', '/log/checkpoint', { alpha: 404, beta: 403, gamma: 403 }],
  ['of-alpha', '/log/tile/0/000.p/1', { alpha: 404, beta: 403, gamma: 403 }],
  ['of-alpha', '/log/growth?from=0&to=0', { alpha: 200, beta: 403, gamma: 403 }],
  ['of-beta', '/log/growth?from=0&to=0', { alpha: 403, beta: 200, gamma: 403 }],
  ['of-all', '/log/checkpoint', { alpha: 404, beta: 404, gamma: 404 }],
])(
  'at a hub %s is answered %s of a cluster that they may not know as of one that is not there',
  async (token, path, statuses) => {
    const { app } = await apiOfBoth({ access: hubOf, ofFirst: hubOf('alpha') });
    const query = path.includes('?') ? '&' : '?';
    const answers = await Promise.all(
      Object.keys(statuses).map(async (cluster) => {
        const { statusCode, body } = await app.inject({
          url: `/api/v1${path}${query}cluster=${cluster}`,
          headers: { authorization: `Bearer ${token}` },
        });
        return { cluster, statusCode, body: body.replaceAll(cluster, 'it') };
      }),
    );
    expect(Object.fromEntries(answers.map(({ cluster, statusCode }) => [cluster, statusCode]))).toEqual(
      statuses,
    );
    const refusals = answers.filter(({ statusCode }) => statusCode === 403).map(({ body }) => body);
    expect(new Set(refusals).size).toBeLessThanOrEqual(1);
  },
);
