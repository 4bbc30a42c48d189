import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryHistory, type Change } from '@margay/history';
import { openEmbedded } from '@margay/storage';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyEpochs, anyFacts } from '../libs/history/src/testing/histories.ts';
import { story } from '../libs/history/src/testing/stories.ts';

const EVER = { start: 0, end: 2 ** 52 };
const SECOND = 1_000_000;

/** What the history of all of it is, folded at once in memory. */
function folded(changes: readonly Change[]) {
  const history = memoryHistory();
  history.add(changes);
  return history.versions();
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Each batch is kept by a process that has just begun; then another one reads. */
async function expectAsAtOnce(batches: readonly (readonly Change[])[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'margay-again-'));
  try {
    for (const batch of batches) {
      const stores = openEmbedded(folder);
      await stores.history.append(batch);
      await stores.close();
    }
    const stores = openEmbedded(folder);
    expect(await all(stores.history.versions(EVER))).toEqual(folded(batches.flat()));
    await stores.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.each([
  [
    'the counter went back',
    '-B@30..32 +A~held@20..25#25 +B=z@30..33#13 -A@6..12 -B=z@19..23',
    'A=z@32..36#36',
  ],
  ['a request found the name free', '+A=x@1 !@3..4', 'A=y@7..8'],
])('a process that starts again goes on as one that never ended: where %s', async (_, ...texts) => {
  const batches = texts.map((text, batch) =>
    story(text).map((change) => ({
      ...change,
      id: `${change.id} ${batch}`,
      at: change.at * 5 * SECOND,
      receivedAt: change.receivedAt * 5 * SECOND,
    })),
  );
  await expectAsAtOnce(batches);
});

test('a process that starts again goes on as one that never ended, whatever came and in which order', async () => {
  const arrived = fc
    .oneof(anyEpochs, anyFacts)
    .chain((changes) => fc.shuffledSubarray(changes, { minLength: changes.length }));
  await fc.assert(
    fc.asyncProperty(arrived, fc.nat(20), async (changes, cut) => {
      const at = cut % (changes.length + 1);
      await expectAsAtOnce([changes.slice(0, at), changes.slice(at)]);
    }),
    { numRuns: 150 },
  );
});
