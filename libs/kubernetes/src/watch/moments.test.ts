import { MINUTE, SECOND, type Instant } from '@margay/ground';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { WatchEvent } from '../client/client.ts';
import { FakeApiServer } from '../testing/fake-api-server.ts';
import { Dates } from './dates.ts';
import { Hearing } from './hearing.ts';
import { momentsOf } from './moments.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const POLICIES = '/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies';
/** Where these tests begin, in whole seconds. */
const BEGIN: Instant = 1_770_000_000 * SECOND;
const at = (seconds: number): Instant => BEGIN + seconds * SECOND;
/** @param own what the clock of its holder says. */
const renewal = (seconds: number, own = seconds) => ({
  spec: { renewTime: new Date(at(own) / 1_000).toISOString().replace('Z', '000Z') },
  managedFields: [{ time: new Date(at(seconds) / 1_000).toISOString().replace('.000Z', 'Z') }],
});

/**
 * An API server over which two leases are renewed every two seconds and policies are deleted in between.
 *
 * @returns the events of a watch that tells of the deletions, and when each was.
 */
async function history(deletions: readonly number[], { until = 60, leases = true, ahead = 0 } = {}) {
  const fake = await FakeApiServer.start();
  const client = fake.client();
  onTestFinished(async () => {
    client.close();
    await fake.stop();
  });
  const events: WatchEvent[] = [];
  const steps = [
    ...deletions.map((time) => ({ time, what: 'deletion' })),
    ...Array.from({ length: leases ? until : 0 }, (_, i) => ({ time: i, what: `lease-${i % 2}` })),
  ].sort((a, b) => a.time - b.time);
  for (const { time, what } of steps) {
    if (what === 'deletion') {
      fake.put(POLICIES, `p${time}`);
      fake.delete(POLICIES, `p${time}`);
      const metadata = { name: `p${time}`, uid: `u${time}`, resourceVersion: fake.version };
      events.push({ type: 'DELETED', object: { metadata } });
    } else fake.put(LEASES, what, renewal(time, time + ahead));
  }
  return { fake, events, dates: new Dates(client, () => at(until)) };
}

const unwritten = (): undefined => undefined;

test('what came at once is dated by when it came in, and nobody is asked', async () => {
  const { fake, events, dates } = await history([10.5]);
  const asked = fake.requests.length;
  const moments = await momentsOf(events, { since: at(8), at: at(10.6) }, unwritten, dates);
  expect(moments).toEqual([{ notBefore: at(8), at: at(10.6) }]);
  expect(fake.requests.length).toBe(asked);
});

test('what came after a quiet minute came at once, if leases had been renewed just before it', async () => {
  const { events, dates } = await history([30.5], { until: 31 });
  const [moment] = await momentsOf(events, { since: at(-30), at: at(30.6) }, unwritten, dates);
  expect(moment?.at).toBe(at(30.6));
  expect(moment?.notBefore).toBeGreaterThanOrEqual(at(28));
});

test('what is told a minute late is dated by the leases that were renewed before and after it', async () => {
  const { events, dates } = await history([10.5, 30.5, 40.5]);
  const moments = await momentsOf(events, { since: at(0), at: at(60) }, unwritten, dates);
  for (const [i, real] of [10.5, 30.5, 40.5].entries()) {
    expect(moments[i]?.notBefore).toBeLessThanOrEqual(at(real));
    expect(moments[i]?.at).toBeGreaterThanOrEqual(at(real));
    expect(moments[i]!.at - moments[i]!.notBefore).toBeLessThanOrEqual(5 * SECOND);
  }
});

test('what is older than the renewals that an API server tells is dated by the state of leases a little later', async () => {
  const { fake, events, dates } = await history([10.5, 30.5]);
  fake.fault = ({ url }) => (url?.includes('watch=') ? { code: 410 } : undefined);
  const moments = await momentsOf(events, { since: at(0), at: at(60) }, unwritten, dates);
  for (const [i, real] of [10.5, 30.5].entries()) {
    expect(moments[i]?.notBefore).toBeLessThanOrEqual(at(real));
    expect(moments[i]?.at).toBeGreaterThanOrEqual(at(real));
    expect(moments[i]!.at - moments[i]!.notBefore).toBeLessThanOrEqual(5 * SECOND);
  }
});

test.each([
  ['a thousand nodes', 'kube-node-lease', 1_000, 1],
  ['hundreds of leases that nobody renews any more', 'aaa', 200, -600],
])('beside %s, it is dated by no more than a few questions', async (_, namespace, count, written) => {
  const { fake, events, dates } = await history([], { leases: false });
  const path = LEASES.replace('kube-system', namespace);
  for (let i = 0; i < count; i++) fake.put(path, `lease-${i}`, renewal(written));
  for (const time of [10, 11]) fake.put(LEASES, `lease-${time % 2}`, renewal(time));
  const metadata = { name: 'p', uid: 'u', resourceVersion: fake.version };
  for (const time of [12, 13]) fake.put(LEASES, `lease-${time % 2}`, renewal(time));
  const asked = fake.requests.length;
  const moments = await momentsOf(
    [...events, { type: 'DELETED', object: { metadata } }],
    { since: at(0), at: at(60) },
    unwritten,
    dates,
  );
  expect(moments).toEqual([{ notBefore: at(10), at: at(13) }]);
  expect(fake.requests.length - asked).toBeLessThanOrEqual(4);
});

test.each([30, -30])(
  'clocks of those who hold leases, %i s off, date nothing: the API server dates what it writes',
  async (ahead) => {
    const { events, dates } = await history([10.5, 30.5], { ahead });
    const moments = await momentsOf(events, { since: at(0), at: at(60) }, unwritten, dates);
    for (const [i, real] of [10.5, 30.5].entries()) {
      expect(moments[i]?.notBefore).toBeLessThanOrEqual(at(real));
      expect(moments[i]?.at).toBeGreaterThanOrEqual(at(real));
      expect(moments[i]!.at - moments[i]!.notBefore).toBeLessThanOrEqual(5 * SECOND);
    }
  },
);

test.each([
  ['there are no leases', { leases: false }, undefined, 0],
  ['leases may not be read', {}, 403, 0],
  ['the API server does not keep that state any more', {}, 410, 1],
  ['the version is none of its counter', {}, 504, 1],
])('where %s, it may have been at any time since the last that was told', async (_, options, code, again) => {
  const { fake, events, dates } = await history([10.5], options);
  fake.fault = () => (code === undefined ? undefined : { code });
  expect(await momentsOf(events, { since: at(0), at: at(60) }, unwritten, dates)).toEqual([
    { notBefore: at(0), at: at(60) },
  ]);
  const asked = fake.requests.length;
  await momentsOf(events, { since: at(0), at: at(60) }, unwritten, dates);
  expect(fake.requests.length - asked, 'what is refused is not asked for again and again').toBe(again);
});

test.each(['deleted', 'changed without a trace of when'])(
  'a lease that is %s afterwards dates nothing by what was written of it before',
  async (how) => {
    const { fake, dates } = await history([], { until: 10 });
    const metadata = {
      name: 'p',
      uid: 'u',
      resourceVersion: fake.put(POLICIES, 'p').metadata.resourceVersion!,
    };
    if (how === 'deleted') fake.delete(LEASES, 'lease-1');
    else fake.put(LEASES, 'lease-1', renewal(9));
    for (const [i, seconds] of [20, 21].entries()) fake.put(LEASES, `lease-${i}`, renewal(seconds));
    const [moment] = await momentsOf(
      [{ type: 'DELETED', object: { metadata } }],
      { since: at(0), at: at(60) },
      unwritten,
      dates,
    );
    expect(moment).toEqual({ notBefore: at(8), at: at(21) });
  },
);

test('one clock that is ahead dates nothing', async () => {
  const { fake, dates } = await history([]);
  fake.put(LEASES, 'ahead', renewal(3_600));
  const metadata = { name: 'p', uid: 'u', resourceVersion: fake.version };
  const [moment] = await momentsOf(
    [{ type: 'DELETED', object: { metadata } }],
    { since: at(0), at: at(120) },
    unwritten,
    dates,
  );
  expect(moment?.notBefore).toBeLessThanOrEqual(at(60));
});

test('records of objects date what they were written by, and what was between', async () => {
  const { dates } = await history([], { leases: false });
  const events = ['a', 'b', 'c'].map((name): WatchEvent => ({
    type: 'MODIFIED',
    object: { metadata: { name } },
  }));
  const written = new Map([
    ['a', at(10)],
    ['c', at(12)],
  ]);
  const moments = await momentsOf(
    events,
    { since: at(0), at: at(60) },
    ({ object }) => written.get(object.metadata.name),
    dates,
  );
  expect(moments).toEqual([
    { notBefore: at(10), at: at(11) },
    { notBefore: at(10), at: at(13) },
    { notBefore: at(12), at: at(13) },
  ]);
});

test('whatever waited, it was between the instants that are said, and in order', async () => {
  const times = fc.uniqueArray(fc.integer({ min: 1, max: 58 }), { minLength: 1, maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(times, fc.boolean(), async (seconds, leases) => {
      const real = seconds.toSorted((a, b) => a - b).map((one) => one + 0.5);
      const { events, dates } = await history(real, { leases });
      const moments = await momentsOf(events, { since: at(0), at: at(60) }, unwritten, dates);
      for (const [i, { notBefore, at: by }] of moments.entries()) {
        expect(notBefore).toBeLessThanOrEqual(at(real[i]!));
        expect(by).toBeGreaterThanOrEqual(at(real[i]!));
        expect(by).toBeGreaterThanOrEqual(moments[i - 1]?.at ?? 0);
      }
    }),
    { numRuns: 15 },
  );
}, 60_000);

/** What comes, when, and up to when everything is taken to have been told by then; and since when it may have waited. */
test.each([
  ['a watch that goes on: since a moment ago', 99, [[101, 99, 99]]],
  [
    'events one after the other: since the last',
    99,
    [
      [101, 99, 99],
      [103, 102, 99],
      [106, 105, 105],
      [107, 106, 106],
    ],
  ],
  [
    'after a silence: since it began, and so what follows at once',
    99,
    [
      [104, 103, 99],
      [150, 103, 103],
      [151, 149, 103],
      [156, 150, 150],
    ],
  ],
  [
    'begun late: since it had stopped, all that comes at once',
    40,
    [
      [101, 40, 40],
      [103, 100, 40],
      [106, 103, 103],
    ],
  ],
] as const)('%s', (_, resumedAt, arrivals) => {
  const hearing = new Hearing(at(100), at(resumedAt));
  for (const [arrived, told, since] of arrivals)
    expect(hearing.heard(at(arrived), at(told), false).since).toBe(at(since));
});

test('while there is more than is read at once, it may have waited', () => {
  const hearing = new Hearing(at(100), at(40));
  for (let i = 1; i < 60; i++)
    expect(hearing.heard(at(100 + i), at(40), true)).toEqual({ since: at(40), isCatchingUp: true });
  expect(hearing.heard(at(160), at(40), false).isCatchingUp).toBe(true);
  expect(hearing.heard(at(160) + MINUTE, at(159), false).isCatchingUp).toBe(false);
});
