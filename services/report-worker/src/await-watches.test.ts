import { markOf } from '@margay/coverage';
import { MINUTE } from '@margay/ground';
import { openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { awaitWatches } from './await-watches.ts';

const END = 60 * MINUTE;
const heard = (source: string, at: number) =>
  markOf(source, at, at + 1, [{ position: at, reading: { kind: 'ignored', at, reason: 'bookmark' } }]);

/** Longer than a machine takes for anything else that is done here, however many use it. */
const LIMIT = 15_000;

/** How long a window is waited for in milliseconds, while a watch is heard again after a while. */
async function waited(
  source: string,
  last: number,
  again?: { readonly at: number; readonly after: number },
  limitMilliseconds = LIMIT,
) {
  const stores = openEmbedded(':memory:');
  onTestFinished(() => stores.close());
  await stores.coverage.append([heard(source, last)]);
  const begun = performance.now();
  if (again) setTimeout(() => void stores.coverage.append([heard(source, again.at)]), again.after);
  const { signal } = new AbortController();
  await awaitWatches({ end: END }, { coverage: stores.coverage, limitMilliseconds, signal });
  return performance.now() - begun;
}

test.each([
  ['a watch that told everything', 'watch/pods@here', END],
  ['one that nobody has heard of for long', 'watch/pods@here', END - 4 * MINUTE],
  ['what is no watch', 'webhook:kube-1', END - MINUTE],
])('%s is not waited for', async (_, source, last) => {
  expect(await waited(source, last)).toBeLessThan(LIMIT);
});

test('a watch is waited for until it has told everything up to the end', async () => {
  const source = 'watch/pods@here';
  const until = await waited(source, END - MINUTE, { at: END, after: 400 });
  expect(until).toBeGreaterThanOrEqual(399);
  expect(until).toBeLessThan(LIMIT);
});

test('within the limit', async () => {
  expect(await waited('watch/pods@here', END - MINUTE, undefined, 500)).toBeGreaterThanOrEqual(499);
});
