import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { FakeApiServer } from '../testing/fake-api-server.ts';
import { CanaryWriter } from './canary-writer.ts';

const STANDS = 100;

/** Two that write canaries of one object, and each number that was written, in order. */
async function twoWriters(standsMilliseconds = STANDS) {
  const fake = await FakeApiServer.start();
  const writers = ['one', 'other'].map(
    (holder) =>
      new CanaryWriter(
        { server: fake.url, namespace: 'margay' },
        { namespace: 'margay', holder, standsMilliseconds },
      ),
  );
  onTestFinished(async () => {
    for (const writer of writers) writer.close();
    await fake.stop();
  });
  const written: number[] = [];
  const rounds = async (writer: CanaryWriter, count: number) => {
    for (let i = 0; i < count; i++)
      for (const { state, sequence } of await writer.round([fake.url.host]))
        if (state === 'written') written.push(sequence);
  };
  const [one, other] = writers as [CanaryWriter, CanaryWriter];
  return { fake, one, other, rounds, written };
}

test('whoever writes again, after another one did for a while, goes on behind that one’s numbers', async () => {
  const { one, other, rounds, written } = await twoWriters();
  await rounds(one, 2);
  await sleep(2 * STANDS);
  await rounds(other, 3);
  await sleep(2 * STANDS);
  await rounds(one, 2);
  await sleep(2 * STANDS);
  await rounds(other, 1);
  expect(written).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('who goes on writing reads nothing in between', async () => {
  const { fake, one, rounds } = await twoWriters(600_000);
  await rounds(one, 5);
  const methods = fake.requests.map((request) => request.slice(0, request.indexOf(' ')));
  expect(methods.filter((method) => method === 'PATCH')).toHaveLength(5);
  expect(methods.filter((method) => method === 'GET')).toHaveLength(1);
});

test('who finds that another one has just made the object goes on behind that one’s numbers', async () => {
  const { fake, one, rounds, written } = await twoWriters();
  const leases = '/apis/coordination.k8s.io/v1/namespaces/margay/leases';
  fake.fault = ({ method }) => {
    if (method === 'POST')
      fake.put(leases, 'margay-canary', {
        annotations: { 'margay.io/canary': '7 10.0.0.1:6443' },
        spec: { holderIdentity: 'other' },
      });
    return undefined;
  };
  await rounds(one, 1);
  expect(written).toEqual([8]);
});

/** What happens to some that may write: each goes on from what it knows, whenever it is slow, killed, or begun again. */
const happening = fc.record({
  who: fc.integer({ min: 0, max: 2 }),
  what: fc.constantFrom('round', 'round', 'round', 'kill'),
  /** Milliseconds that the requests of this round are under way, one after the other, and until the next thing happens. */
  underWay: fc.array(fc.constantFrom(0, 0, 5, 20), { minLength: 3, maxLength: 3 }),
  after: fc.constantFrom(0, 1, 10, 30),
});

test('no number is written twice through an API server, whoever is slow or killed in the middle of a round', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 3, maxLength: 15 }), async (happenings) => {
      const fake = await FakeApiServer.start();
      const servers = [fake.url.host, await fake.another()];
      const taken: string[] = [];
      const put = fake.put.bind(fake);
      fake.put = (path, name, object) => {
        const canary = (object?.['annotations'] as Record<string, string> | undefined)?.['margay.io/canary'];
        if (canary !== undefined) taken.push(canary);
        return put(path, name, object);
      };
      const underWay: number[] = [];
      fake.fault = async () => {
        await sleep(underWay.shift() ?? 0);
        return undefined;
      };
      const begin = (who: number) =>
        new CanaryWriter(
          { server: fake.url, namespace: 'margay' },
          { namespace: 'margay', holder: `h${who}`, standsMilliseconds: 40 },
        );
      const writers = [0, 1, 2].map(begin);
      const running = writers.map(() => Promise.resolve());
      const all: Promise<void>[] = [];
      for (const { who, what, after, underWay: own } of happenings) {
        if (what === 'kill') {
          writers[who]!.close();
          writers[who] = begin(who);
          running[who] = Promise.resolve();
        } else {
          const writer = writers[who]!;
          underWay.push(...own);
          running[who] = running[who]!.then(async () => void (await writer.round(servers)));
          all.push(running[who]);
        }
        await sleep(after);
      }
      await Promise.all(all);
      // What a killed one had sent may arrive when it is gone.
      await sleep(60);
      for (const writer of writers) writer.close();
      await fake.stop();
      expect(taken).toEqual([...new Set(taken)]);
    }),
    { numRuns: 25, endOnFailure: true },
  );
}, 60_000);
