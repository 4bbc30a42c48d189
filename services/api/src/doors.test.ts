import type { InjectOptions } from 'fastify';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { anyone } from './access/access.ts';
import { apiOfBoth } from './testing/two-clusters.ts';

const HOSTS = ['margay.example'];
const MANY = 12;

/**
 * An API of two clusters, ten requests of one address at once. Where the second is away it cannot be opened, which is said to
 * those alone who may ask the first: that is everybody then.
 */
const doors = (isAway = false) =>
  apiOfBoth({
    hosts: HOSTS,
    limits: { perSecond: 1, longAtOnce: 0 },
    ...(isAway && {
      ofFirst: anyone,
      access: () => {
        throw new Error('away');
      },
    }),
  });

// Nothing is given back by time that passes.
beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const own = (options: InjectOptions): InjectOptions => ({
  method: 'GET',
  ...options,
  headers: { host: HOSTS[0], ...options.headers },
});

const elsewhere = { host: 'evil.example' };
const page = { 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' };
const known = { authorization: 'Bearer token-of-alpha' };

const HEADERS = {
  'content-security-policy': expect.stringContaining("frame-ancestors 'none'") as string,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-type': expect.stringContaining('application/problem+json') as string,
};

test.each<[string, number, InjectOptions, isAway?: boolean]>([
  ['who has no token', 401, { url: '/api/v1/runs' }],
  ['who has no token, at another cluster', 401, { url: '/api/v1/runs?cluster=beta' }],
  ['whose token is nobody’s', 401, { url: '/api/v1/runs', headers: { authorization: 'Bearer made-up' } }],
  [
    'whose session is none',
    401,
    { url: '/api/v1/runs', headers: { cookie: `margay-session=${'a'.repeat(43)}` } },
  ],
  ['a cluster that there is not', 401, { url: '/api/v1/runs?cluster=gamma' }],
  ['a cluster that there is not, to sign in', 404, { url: '/login/oidc?cluster=gamma' }],
  ['two clusters', 400, { url: '/api/v1/runs?cluster=beta&cluster=alpha' }],
  ['a cluster that cannot be opened', 503, { url: '/api/v1/runs?cluster=beta' }, true],
  ['another name', 421, { url: '/api/v1/runs', headers: elsewhere }],
  ['another name and another cluster', 421, { url: '/api/v1/runs?cluster=beta', headers: elsewhere }],
  ['another name and no cluster', 421, { url: '/api/v1/runs?cluster=gamma', headers: elsewhere }],
  ['another name and an address in other letters', 421, { url: '/%61pi/v1/runs', headers: elsewhere }],
  ['another name, to sign in', 421, { url: '/login/oidc', headers: elsewhere }],
  ['a page elsewhere', 403, { method: 'DELETE', url: '/api/v1/sessions', headers: page }],
  [
    'a page elsewhere, of no cluster',
    403,
    { method: 'DELETE', url: '/api/v1/sessions?cluster=gamma', headers: page },
  ],
  ['what there is not', 404, { url: '/api/v1/none' }],
  ['what there is not, outside', 404, { url: '/none' }],
  ['what there is not, beside the sign-in', 404, { url: '/login/none' }],
  ['no way to sign in', 404, { url: '/login/oidc' }],
  ['a login that was not begun', 404, { url: '/login/oidc/callback?code=c&state=s' }],
  ['another method', 405, { method: 'PUT', url: '/api/v1/runs' }],
  ['parameters that are none', 400, { url: '/api/v1/runs?limit=many', headers: known }],
  ['a run that there is not', 404, { url: '/api/v1/runs/none', headers: known }],
  [
    'a body that nobody takes',
    413,
    { method: 'POST', url: '/api/v1/session', headers: known, payload: { long: 'x'.repeat(2_000) } },
  ],
])(
  'a request that is refused for %s is answered %d, keeps to itself and is counted',
  async (_, status, options, isAway) => {
    const { app } = await doors(isAway);
    const answer = await app.inject(own(options));
    expect(answer.statusCode).toBe(status);
    expect(answer.headers).toMatchObject(HEADERS);
    for (let i = 1; i < MANY; i++) await app.inject(own(options));
    const last = await app.inject(own(options));
    expect([last.statusCode, last.headers['retry-after']]).toEqual([429, expect.any(String)]);
    expect(last.headers).toMatchObject(HEADERS);
  },
);

test.each<[string, number, InjectOptions]>([
  ['the page', 200, { url: '/' }],
  ['the page under another name', 421, { url: '/', headers: elsewhere }],
  ['the page by another method', 404, { method: 'POST', url: '/' }],
  ['a file of the page that there is not', 404, { url: '/dashboard/none.js' }],
  ['a file of the page under another name', 421, { url: '/dashboard/style.css', headers: elsewhere }],
])('%s is answered %d and keeps to itself; it costs too little to be counted', async (_, status, options) => {
  const { app } = await doors();
  for (let i = 0; i <= MANY; i++) {
    const { statusCode, headers } = await app.inject(own(options));
    expect([statusCode, headers['x-content-type-options'], headers['content-security-policy']]).toEqual([
      status,
      'nosniff',
      HEADERS['content-security-policy'],
    ]);
  }
});

test.each(['/healthz', '/readyz', '/metrics'])(
  '%s is for whoever runs the process: under any name, however often',
  async (url) => {
    const { app } = await doors();
    for (let i = 0; i <= MANY; i++)
      expect((await app.inject({ url, headers: elsewhere })).statusCode).toBeLessThan(421);
  },
);

test('who asks of two clusters asks one process: a request counts once, and who is known is counted for themselves', async () => {
  const { app } = await doors();
  const asked = { url: '/api/v1/runs?cluster=beta', headers: { authorization: 'Bearer token-of-beta' } };
  const statuses: number[] = [];
  for (let i = 0; i < 11; i++) statuses.push((await app.inject(own(asked))).statusCode);
  expect(statuses).toEqual([...Array<number>(10).fill(200), 429]);
  // The address is given back what turned out to be somebody's, whichever cluster knew them.
  expect((await app.inject(own({ url: '/api/v1/runs', headers: known }))).statusCode).toBe(200);
});
