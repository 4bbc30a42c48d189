import { setTimeout as sleep } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Problem } from '@margay/runtime';
import { expect, test } from 'vitest';
import { anyone, type Authority } from '../access/access.ts';
import { replicas } from '../testing/replicas.ts';
import { TokenBuckets } from './token-bucket.ts';

/** Each token is of whom it names. */
const authority: Authority = {
  async ofToken(name) {
    if (name.startsWith('stolen')) throw new Problem(401, 'Unauthorized', 'The token is not valid');
    return { ...anyone.everybody!, name };
  },
};

const ask = (
  app: NestFastifyApplication,
  name: string,
  more: { url?: string; remoteAddress?: string } = {},
) => app.inject({ url: '/api/v1/runs', ...more, headers: { authorization: `Bearer ${name}` } });

async function statuses(count: number, one: () => Promise<{ statusCode: number }>) {
  const answers: number[] = [];
  for (let i = 0; i < count; i++) answers.push((await one()).statusCode);
  return Object.fromEntries(
    [...new Set(answers)].map((status) => [status, answers.filter((each) => each === status).length]),
  );
}

test.each([
  ['as many as there are', [0, 0, 0], [0, 0, 0]],
  ['one more', [0, 0, 0, 0], [0, 0, 0, 0.5]],
  ['one more when it is there', [0, 0, 0, 500], [0, 0, 0, 0]],
  ['one too early', [0, 0, 0, 250], [0, 0, 0, 0.25]],
  ['no more after a long pause than after a short one', [0, 3_600_000, 0, 0, 0], [0, 0, 0, 0, 0.5]],
])('a bucket of three that gets two a second: %s', (_, pauses, waits) => {
  let now = 0;
  const buckets = new TokenBuckets({ perSecond: 2, burst: 3 }, () => now);
  expect(
    pauses.map((pause) => {
      now += pause;
      return buckets.take('a');
    }),
  ).toEqual(waits);
});

test('somebody who asks too often waits, and nobody else does', async () => {
  const { apps } = await replicas(1, authority, { limits: { perSecond: 2, longAtOnce: 0 } });
  const app = apps[0]!;
  const found = await statuses(30, () => ask(app, 'candice'));
  expect(found[200]).toBeGreaterThanOrEqual(20);
  expect(found[429]).toBeGreaterThanOrEqual(5);
  const refused = await ask(app, 'candice');
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '1']);
  expect(refused.headers['content-type']).toContain('application/problem+json');
  // The same address, another person.
  expect((await ask(app, 'david')).statusCode).toBe(200);
  await sleep(1_100);
  expect((await ask(app, 'candice')).statusCode).toBe(200);
});

test('an address that is nobody is limited before anybody is asked whose token it is', async () => {
  let asked = 0;
  const counting: Authority = { ofToken: async (token) => (asked++, authority.ofToken(token)) };
  const { apps } = await replicas(1, counting, { limits: { perSecond: 1, longAtOnce: 0 } });
  let i = 0;
  const found = await statuses(60, () => ask(apps[0]!, `stolen-${i++}`, { remoteAddress: '203.0.113.9' }));
  expect(found[401]).toBe(asked);
  expect(asked).toBeLessThan(20);
  expect((await ask(apps[0]!, 'candice', { remoteAddress: '203.0.113.10' })).statusCode).toBe(200);
});

test('one who has a network of IPv6 is one', async () => {
  const { apps } = await replicas(1, authority, { limits: { perSecond: 1, longAtOnce: 0 } });
  let i = 0;
  const found = await statuses(40, () =>
    ask(apps[0]!, 'stolen', { remoteAddress: `2001:db8::${(i++).toString(16)}:1` }),
  );
  expect(found[401]).toBeLessThan(20);
  expect((await ask(apps[0]!, 'stolen', { remoteAddress: '2001:db8:0:1::1' })).statusCode).toBe(401);
});

test.each(['/healthz', '/readyz', '/metrics', '/', '/dashboard/style.css'])(
  '%s is never refused',
  async (url) => {
    const { apps } = await replicas(1, authority, { limits: { perSecond: 1, longAtOnce: 1 } });
    expect(await statuses(40, () => apps[0]!.inject({ url }))).toEqual({ 200: 40 });
  },
);

test('so many requests that take long at the same time, and another when one is over', async () => {
  const gate = Promise.withResolvers<void>();
  const slow: Authority = {
    ofToken: async (name) => ({
      ...anyone.everybody!,
      name,
      exportable: async () => (await gate.promise, 'every' as const),
    }),
  };
  const { apps } = await replicas(1, slow, { limits: { perSecond: 0, longAtOnce: 2 } });
  const coverage = (name: string) => ask(apps[0]!, name, { url: '/api/v1/coverage' });
  const first = [coverage('candice'), coverage('candice')];
  await sleep(200);
  const third = await coverage('candice');
  expect([third.statusCode, third.headers['retry-after']]).toEqual([429, '5']);
  const davids = coverage('david');
  gate.resolve();
  expect((await Promise.all([...first, davids])).map(({ statusCode }) => statusCode)).toEqual([
    200, 200, 200,
  ]);
  expect((await coverage('candice')).statusCode).toBe(200);
});
