import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeFlows, type Seen } from './merge-flows.ts';

interface TestFlow extends Seen {
  readonly pair: string;
  readonly action: 'allow' | 'deny';
}

const MINUTE = 60_000_000;
const flow = (pair: string, from: number, to: number, action: TestFlow['action'] = 'allow'): TestFlow => ({
  pair,
  action,
  start: from * MINUTE,
  end: to * MINUTE,
});
const merged = (...flows: TestFlow[]) => [...mergeFlows(flows).values()];

test.each<[string, TestFlow[], TestFlow[]]>([
  ['nothing', [], []],
  ['two sightings in an hour are one flow', [flow('a', 0, 5), flow('a', 30, 35)], [flow('a', 0, 35)]],
  ['the later sighting may come first', [flow('a', 30, 35), flow('a', 0, 5)], [flow('a', 0, 35)]],
  [
    'the last minute of an hour and the first of the next are two',
    [flow('a', 59, 60), flow('a', 60, 61)],
    [flow('a', 59, 60), flow('a', 60, 61)],
  ],
  ['an hour is where a flow begins', [flow('a', 58, 63), flow('a', 59, 61)], [flow('a', 58, 63)]],
  ['another pair is another flow', [flow('a', 0, 5), flow('b', 0, 5)], [flow('a', 0, 5), flow('b', 0, 5)]],
  [
    'another action is another flow',
    [flow('a', 0, 5), flow('a', 0, 5, 'deny')],
    [flow('a', 0, 5), flow('a', 0, 5, 'deny')],
  ],
])('%s', (_, flows, expected) => expect(merged(...flows)).toEqual(expected));

const anyFlow = fc
  .record({
    pair: fc.constantFrom('a', 'b', 'c'),
    action: fc.constantFrom('allow' as const, 'deny' as const),
    start: fc.nat(200),
    length: fc.nat(10),
  })
  .map(({ pair, action, start, length }) => flow(pair, start, start + length, action));
const flows = fc.array(anyFlow, { maxLength: 40 });
const sorted = (all: Iterable<TestFlow>) => [...all].map((one) => JSON.stringify(one)).sort();

test('order and repeats never matter, and merging in parts gives the same', () => {
  fc.assert(
    fc.property(
      flows.chain((all) =>
        fc.tuple(
          fc.constant(all),
          fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 }),
          fc.nat(40),
        ),
      ),
      ([all, arrived, cut]) => {
        const expected = sorted(merged(...all));
        expect(sorted(merged(...arrived))).toEqual(expected);
        expect(sorted(merged(...merged(...arrived.slice(0, cut)), ...merged(...arrived.slice(cut))))).toEqual(
          expected,
        );
      },
    ),
  );
});

test('every sighting lies within its flow, and every flow begins and ends with a sighting', () => {
  fc.assert(
    fc.property(flows, (all) => {
      const found = merged(...all);
      for (const { pair, action, start, end } of all) {
        const around = found.filter(
          (one) => one.pair === pair && one.action === action && one.start <= start && one.end >= end,
        );
        expect(around.length).toBeGreaterThan(0);
      }
      for (const one of found) {
        expect(all.some(({ pair, start }) => pair === one.pair && start === one.start)).toBe(true);
        expect(all.some(({ pair, end }) => pair === one.pair && end === one.end)).toBe(true);
      }
    }),
  );
});
