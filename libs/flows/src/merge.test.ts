import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { contactText } from './contacts.ts';
import type { Flow } from './flow.ts';
import { covers, mergeFlows, withTime, type Seen } from './merge.ts';
import { readFlowText } from './read-flow.ts';

const MINUTE = 60;

/** A record as Calico writes it: seen from minute to minute of a day. */
function flow(pod: string, from: number, to: number, action: 'allow' | 'deny' = 'allow'): Flow {
  const [reading] = readFlowText(
    JSON.stringify({
      start_time: 1_790_000_000 - (1_790_000_000 % 3600) + from * MINUTE,
      end_time: 1_790_000_000 - (1_790_000_000 % 3600) + to * MINUTE,
      action,
      reporter: 'src',
      source_type: 'wep',
      source_namespace: 'shop',
      source_name: '-',
      source_name_aggr: pod,
      dest_type: 'net',
      dest_namespace: '-',
      dest_name: '-',
      dest_name_aggr: 'pub',
    }),
  );
  if (reading?.kind !== 'flow') throw new Error('the record is one');
  return reading.flow;
}
const merged = (...flows: Flow[]) => mergeFlows(flows);

test.each<[string, Flow[], Flow[]]>([
  ['nothing', [], []],
  ['a record alone stays what it is', [flow('a', 0, 5)], [flow('a', 0, 5)]],
  ['sightings that touch are one flow', [flow('a', 0, 5), flow('a', 5, 35)], [flow('a', 0, 35)]],
  ['and so are those that overlap', [flow('a', 0, 7), flow('a', 5, 35)], [flow('a', 0, 35)]],
  ['one within the other says nothing more', [flow('a', 0, 35), flow('a', 5, 7)], [flow('a', 0, 35)]],
  ['silence stays silence', [flow('a', 0, 5), flow('a', 6, 35)], [flow('a', 0, 5), flow('a', 6, 35)]],
  ['the later sighting may come first', [flow('a', 5, 35), flow('a', 0, 5)], [flow('a', 0, 35)]],
  [
    'the last minute of an hour and the first of the next are two',
    [flow('a', 59, 60), flow('a', 60, 61)],
    [flow('a', 59, 60), flow('a', 60, 61)],
  ],
  ['an hour is where a flow begins', [flow('a', 58, 63), flow('a', 59, 61)], [flow('a', 58, 63)]],
  ['another pod is another flow', [flow('a', 0, 5), flow('b', 0, 5)], [flow('a', 0, 5), flow('b', 0, 5)]],
  [
    'another action is another flow',
    [flow('a', 0, 5), flow('a', 0, 5, 'deny')],
    [flow('a', 0, 5), flow('a', 0, 5, 'deny')],
  ],
  ['a prefix is not a name', [flow('a*', 0, 5), flow('a', 0, 5)], [flow('a*', 0, 5), flow('a', 0, 5)]],
])('%s', (_, flows, expected) => expect(merged(...flows)).toEqual(expected));

const anyFlow = fc
  .record({
    pod: fc.constantFrom('a', 'b', 'c'),
    action: fc.constantFrom('allow' as const, 'deny' as const),
    start: fc.nat(200),
    length: fc.integer({ min: 1, max: 10 }),
  })
  .map(({ pod, action, start, length }) => flow(pod, start, start + length, action));
const flows = fc.array(anyFlow, { maxLength: 40 });
const sorted = (all: Iterable<Flow>) => [...all].map((one) => JSON.stringify(one)).sort();

test('order and repeats never matter, and merging in parts gives the same', () => {
  fc.assert(
    fc.property(
      flows.chain((all) => {
        const twice = fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 });
        return fc.tuple(fc.constant(all), twice, fc.nat(40));
      }),
      ([all, arrived, cut]) => {
        const expected = sorted(merged(...all));
        expect(sorted(merged(...arrived))).toEqual(expected);
        const parts = [...merged(...arrived.slice(0, cut)), ...merged(...arrived.slice(cut))];
        expect(sorted(merged(...parts))).toEqual(expected);
      },
    ),
  );
});

test('a flow lasts for the minutes in which there was a sighting, and for no other', () => {
  fc.assert(
    fc.property(flows, (all) => {
      const minutesOf = (seen: readonly Flow[]) =>
        new Set(
          seen.flatMap((one) =>
            Array.from(
              { length: (one.endAt - one.startAt) / 60_000_000 },
              (_, minute) => `${contactText(one)} ${one.startAt + minute * 60_000_000}`,
            ),
          ),
        );
      const found = merged(...all);
      expect(minutesOf(found)).toEqual(minutesOf(all));
      expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
      expect(found.length).toBeLessThanOrEqual(all.length);
    }),
  );
});

test('times that are kept together cover what was added, and nothing else', () => {
  const time = fc
    .tuple(fc.nat(60), fc.integer({ min: 1, max: 10 }))
    .map(([start, length]): Seen => ({ startAt: start, endAt: start + length }));
  fc.assert(
    fc.property(fc.array(time, { maxLength: 15 }), (added) => {
      const kept = added.reduce<readonly Seen[]>(withTime, []);
      for (let at = 0; at < 75; at++) {
        const instant = { startAt: at, endAt: at + 1 };
        expect(covers(kept, instant)).toBe(covers(added, instant));
      }
      for (const one of kept) {
        const others = kept.filter((other) => other !== one);
        expect(others.every(({ startAt, endAt }) => endAt < one.startAt || one.endAt < startAt)).toBe(true);
      }
    }),
  );
});
