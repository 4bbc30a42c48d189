import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { atOnce } from './at-once.ts';

test.each([1, 3, 10, 11])('what comes of each is in their order, with %i at once at most', async (most) => {
  const all = Array.from({ length: 10 }, (_, i) => i);
  let atWork = 0;
  let mostAtWork = 0;
  const work = async (each: number) => {
    mostAtWork = Math.max(mostAtWork, ++atWork);
    // Those that begin first end last.
    await sleep(10 - each);
    atWork--;
    return `done ${each}`;
  };
  expect(await atOnce(all, work, most)).toEqual(all.map((each) => `done ${each}`));
  expect(mostAtWork).toBe(Math.min(most, all.length));
});

test('where one fails it fails, and begins no others', async () => {
  const begun: number[] = [];
  const work = async (each: number) => {
    begun.push(each);
    if (each === 2) throw new Error('two');
  };
  await expect(atOnce([1, 2, 3, 4], work, 2)).rejects.toThrow('two');
  expect(begun).toEqual([1, 2]);
});
