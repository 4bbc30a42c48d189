import { setTimeout as sleep } from 'node:timers/promises';
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
