import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { gapsIn, joined, type Interval } from './interval.ts';

test.each([
  ['nothing', [], []],
  [
    'two that touch are one',
    [
      [0, 5],
      [5, 9],
    ],
    [[0, 9]],
  ],
  [
    'order does not matter',
    [
      [7, 9],
      [0, 5],
    ],
    [
      [0, 5],
      [7, 9],
    ],
  ],
  [
    'one within another',
    [
      [0, 9],
      [2, 3],
    ],
    [[0, 9]],
  ],
  ['an empty one is none', [[3, 3]], []],
])('joined: %s', (_, intervals, expected) => {
  const of = ([start, end]: number[]) => ({ start: start!, end: end! });
  expect(joined(intervals.map(of))).toEqual(expected.map(of));
});

test.each([
  ['nothing covered', [], [[10, 20]]],
  ['all covered', [[10, 20]], []],
  [
    'a hole',
    [
      [10, 12],
      [15, 20],
    ],
    [[12, 15]],
  ],
  [
    'both ends',
    [[12, 15]],
    [
      [10, 12],
      [15, 20],
    ],
  ],
  ['beyond the window', [[0, 100]], []],
  ['before it only', [[0, 10]], [[10, 20]]],
])('gaps of [10, 20): %s', (_, covered, expected) => {
  const of = ([start, end]: number[]) => ({ start: start!, end: end! });
  expect(gapsIn({ start: 10, end: 20 }, covered.map(of))).toEqual(expected.map(of));
});

const interval = fc
  .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 }))
  .map(([start, end]): Interval => ({ start, end }));
const window = fc
  .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 10 }))
  .map(([start, length]): Interval => ({ start, end: start + length }));
/** The instants of intervals, one by one. */
const instants = (intervals: readonly Interval[]) =>
  new Set(
    intervals.flatMap(({ start, end }) =>
      Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i),
    ),
  );

test('a union has the instants of its parts, each once, in order, with space between', () => {
  fc.assert(
    fc.property(fc.array(interval), (parts) => {
      const union = joined(parts);
      expect(instants(union)).toEqual(new Set([...instants(parts)].sort((a, b) => a - b)));
      for (const [i, { start, end }] of union.entries()) {
        expect(start).toBeLessThan(end);
        if (i > 0) expect(union[i - 1]!.end).toBeLessThan(start);
      }
      expect(joined(union)).toEqual(union);
    }),
  );
});

test('what is covered and the gaps make up the window, and share nothing', () => {
  fc.assert(
    fc.property(window, fc.array(interval), (whole, parts) => {
      const gaps = gapsIn(whole, joined(parts));
      const covered = instants(parts);
      expect([...instants(gaps)]).toEqual([...instants([whole])].filter((instant) => !covered.has(instant)));
      for (const { start, end } of gaps) expect(start).toBeLessThan(end);
    }),
  );
});
