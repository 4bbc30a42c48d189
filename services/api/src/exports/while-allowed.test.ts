import { Problem } from '@margay/runtime';
import { expect, test } from 'vitest';
import { whileAllowed } from './while-allowed.ts';

/** Pieces that come at these seconds, and for how long they may be had. */
async function read(seconds: readonly number[], allowedUntil: number) {
  let now = 0;
  const got: number[] = [];
  const asked: number[] = [];
  async function* pieces() {
    for (const second of seconds) {
      now = second * 1_000;
      yield second;
    }
  }
  const ask = async () => {
    asked.push(now / 1_000);
    if (now / 1_000 > allowedUntil) throw new Problem(403, 'Forbidden', 'get globalreporttypes');
  };
  let problem: unknown;
  try {
    for await (const piece of whileAllowed(pieces(), ask, () => now)) got.push(piece);
  } catch (error) {
    problem = (error as Problem).status;
  }
  return { got, asked, problem };
}

test.each<[string, number[], number, Awaited<ReturnType<typeof read>>]>([
  ['is over soon', [0, 1, 4.9], 0, { got: [0, 1, 4.9], asked: [], problem: undefined }],
  ['lasts', [0, 3, 6, 9, 12, 15], 60, { got: [0, 3, 6, 9, 12, 15], asked: [6, 12], problem: undefined }],
  ['lasts longer than it may', [0, 3, 6, 9, 12, 15], 7, { got: [0, 3, 6, 9], asked: [6, 12], problem: 403 }],
  ['waits for its reader', [0, 3_600], 7, { got: [0], asked: [3_600], problem: 403 }],
])('a download that %s', async (_, seconds, allowedUntil, expected) => {
  expect(await read(seconds, allowedUntil)).toEqual(expected);
});
