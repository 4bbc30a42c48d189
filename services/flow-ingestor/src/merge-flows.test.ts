import * as fc from 'fast-check';
import { readFlow, type Flow } from '@margay/history';
import { expect, test } from 'vitest';
import { mergeFlows } from './merge-flows.ts';

const MINUTE = 60;

/** A record as Calico writes it: seen from minute to minute of a day. */
function flow(pod: string, from: number, to: number, action: 'allow' | 'deny' = 'allow'): Flow {
  const reading = readFlow(
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
const merged = (...flows: Flow[]) => [...mergeFlows(flows).values()];

test.each<[string, Flow[], Flow[]]>([
  ['nothing', [], []],
  ['a record alone stays what it is', [flow('a', 0, 5)], [flow('a', 0, 5)]],
  ['two sightings in an hour are one flow', [flow('a', 0, 5), flow('a', 30, 35)], [flow('a', 0, 35)]],
  ['the later sighting may come first', [flow('a', 30, 35), flow('a', 0, 5)], [flow('a', 0, 35)]],
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

test('every sighting lies within its flow, and every flow begins and ends with a sighting', () => {
  fc.assert(
    fc.property(flows, (all) => {
      const found = merged(...all);
      const same = (one: Flow, other: Flow) =>
        one.source.name === other.source.name && one.action === other.action;
      for (const sighting of all) {
        const around = found.filter(
          (one) => same(one, sighting) && one.startAt <= sighting.startAt && one.endAt >= sighting.endAt,
        );
        expect(around.length).toBeGreaterThan(0);
      }
      for (const one of found) {
        expect(all.some((sighting) => same(one, sighting) && sighting.startAt === one.startAt)).toBe(true);
        expect(all.some((sighting) => same(one, sighting) && sighting.endAt === one.endAt)).toBe(true);
      }
      expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
    }),
  );
});
