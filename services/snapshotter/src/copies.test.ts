import { MINUTE, SECOND } from '@margay/ground';
import { copyEnded, type Change } from '@margay/history';
import { openEmbedded } from '@margay/storage';
import { expect, test } from 'vitest';
import { Copies } from './copies.ts';

const BEGIN = 1_764_000_000_000_000;

/** A pod as one of its writes shows it, `seconds` after the beginning. */
function pod(name: string, number: number, seconds: number, created = false): Change {
  const at = BEGIN + seconds * SECOND;
  return {
    id: `${name}-${number}`,
    eventId: `${name}-${number}`,
    what: 'present',
    group: '',
    resource: 'pods',
    namespace: 'shop',
    name,
    uid: `uid-${name}`,
    resourceVersion: String(number),
    at,
    receivedAt: at - 1_000,
    content: { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop' } },
    ...(created && { created }),
    actor: { user: 'admin' },
    origin: { source: name.startsWith('copy') ? 'the other log' : 'audit.log', position: number },
  };
}

/** Numbers go on: 101 … by the minute. */
const ORIGINAL = [
  pod('a', 101, 0, true),
  pod('b', 102, 60, true),
  pod('c', 103, 120, true),
  pod('d', 104, 180, true),
  pod('d', 105, 600),
];
/** Of a snapshot of the first minute. */
const COPY = [pod('copy-c', 103, 300, true), pod('copy-c', 104, 360), pod('copy-c', 105, 660)];

/** What a history has of two clusters after batches that came ten seconds one after the other. */
async function foundIn(...batches: readonly (readonly Change[])[]) {
  const stores = openEmbedded(':memory:');
  let now = 0;
  const copies = new Copies(() => (now += 10_000));
  for (const batch of batches) {
    await stores.history.append(batch);
    await copies.look('c', stores, batch);
  }
  const { doubt } = await stores.history.numbers.copies();
  expect(await copies.isTwo('c', stores)).toBe(doubt !== undefined);
  expect(await new Copies().isTwo('c', stores)).toBe(doubt !== undefined);
  await stores.close();
  return doubt;
}

const each = (changes: readonly Change[]) => changes.map((change) => [change]);
const inTime = [...ORIGINAL, ...COPY].toSorted((a, b) => a.at - b.at);

test.each<[how: string, batches: readonly (readonly Change[])[]]>([
  ['in the order of time', each(inTime)],
  ['each cluster’s by itself', [ORIGINAL, COPY]],
  ['the copy’s first', [COPY, ORIGINAL]],
  ['backwards', each(inTime.toReversed())],
])('two clusters under one name are found, however their changes come: %s', async (_, batches) => {
  const doubt = await foundIn(...batches, [pod('a', 106, 700)]);
  expect(doubt).toMatchObject({ may: 'be-anything', since: BEGIN + 300 * SECOND - 1_000 });
  expect(doubt!.message).toMatch(
    /copy-c .* 103.*; pods shop\/d .* created before that with 104, was written with 105 .* shop\/copy-c/,
  );
});

test.each<[what: string, changes: readonly Change[]]>([
  ['one cluster', ORIGINAL],
  ['a copy that tells alone', COPY],
  [
    'one that was restored: what had come is gone for good, and its numbers are given again',
    [...ORIGINAL.slice(0, 4), ...COPY, pod('a', 105, 900)],
  ],
  [
    'one of which a clock is behind: no number was given twice',
    [pod('e', 106, 400, true), pod('f', 107, 300, true), pod('f', 108, 700)],
  ],
])('%s is one', async (_, changes) => {
  expect(await foundIn(...each(changes), changes)).toBeUndefined();
});

test('where somebody says that the copy was ended there is one from then on, until a copy goes on', async () => {
  const stores = openEmbedded(':memory:');
  let now = 0;
  const copies = new Copies(() => (now += 10_000));
  const told = async (...changes: readonly Change[]) => {
    await stores.history.append(changes);
    await copies.look('c', stores, changes);
  };
  for (const change of inTime) await told(change);
  expect(await copies.isTwo('c', stores)).toBe(true);
  const said = BEGIN + 700 * SECOND;
  await stores.history.append([copyEnded({ by: 'ann', because: 'it was shut down', said })]);
  expect(await copies.isTwo('c', stores)).toBe(false);
  expect((await stores.history.numbers.copies()).endedAt).toBe(said + MINUTE);

  // The copy had counted less: the cluster that stays gives no number that was given since.
  const later = [pod('a', 106, 800), pod('e', 107, 860, true), pod('f', 108, 920, true)];
  for (const change of later) await told(change);
  expect(await copies.isTwo('c', stores)).toBe(false);
  for (const change of [pod('copy-e', 107, 1_000, true), pod('f', 109, 1_300), pod('copy-e', 109, 1_400)])
    await told(change);
  expect((await stores.history.numbers.copies()).doubt?.since).toBe(BEGIN + 1_000 * SECOND - 1_000);
  expect(await copies.isTwo('c', stores)).toBe(true);
  await stores.close();
});

test('a store that is away is asked again', async () => {
  const stores = openEmbedded(':memory:');
  let isAway = true;
  const numbers = {
    ...stores.history.numbers,
    copies: async () => {
      if (isAway) throw new Error('away');
      return { doubt: undefined, endedAt: -Infinity };
    },
  };
  const copies = new Copies();
  const asked = () => copies.isTwo('c', { history: { ...stores.history, numbers } });
  await expect(asked()).rejects.toThrow('away');
  isAway = false;
  expect(await asked()).toBe(false);
  await stores.close();
});

test('clocks may differ by a minute', async () => {
  const shifted = (by: number) =>
    COPY.map((change) => ({ ...change, at: change.at + by, receivedAt: change.receivedAt + by }));
  // 30 s after d was created, with 103 where that had 104: the clock of its API server may be behind.
  expect(await foundIn(ORIGINAL, shifted(-1.5 * MINUTE))).toBeUndefined();
});
