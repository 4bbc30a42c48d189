import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { together } from './together.ts';

const until = (signal: AbortSignal) =>
  sleep(2 ** 30, undefined, { signal }).then(
    () => undefined,
    () => undefined,
  );

test('work that belongs together ends together, with the first error', async () => {
  let ended = false;
  const work = together(new AbortController().signal, (signal) => [
    until(signal).then(() => void (ended = true)),
    Promise.reject(new Error('first')),
  ]);
  await expect(work).rejects.toThrow('first');
  expect(ended).toBe(true);
});
