import { expect, test } from 'vitest';
import { pauseAfter } from './pause.ts';

test('pauses double up to a limit, however many there were', () => {
  const pauses = { first: 100, longest: 500 };
  expect([1, 2, 3, 4, 5, 10_000].map((failures) => pauseAfter(failures, pauses))).toEqual([
    100, 200, 400, 500, 500, 500,
  ]);
});

test('by chance a pause is between its half and its whole', () => {
  const pause = (failures: number, chance: number) =>
    pauseAfter(failures, { first: 100, longest: 500, chance });
  expect([pause(1, 0), pause(1, 0.5), pause(1, 1), pause(5, 0)]).toEqual([50, 75, 100, 250]);
});
