import fc from 'fast-check';
import { MINUTE } from '@margay/ground';
import type { Reading } from '@margay/history';
import { expect, test } from 'vitest';
import { deliveriesOf, evidenceFor, fileSource, flowSource, markOf, type CoverageMark } from './index.ts';
import { tiled } from './tiles.ts';

const LOG = fileSource('audit.log', '0123456789abcdef');
const of = (source: string, ...stretches: readonly (readonly [number, number])[]) =>
  stretches.map(([from, to]) => ({ source, from, to }));

test.each<[string, [number, number][], [number, number][]]>([
  [
    'one behind the other',
    [
      [0, 5],
      [5, 9],
    ],
    [
      [0, 5],
      [5, 9],
    ],
  ],
  [
    'a place that nobody read',
    [
      [0, 5],
      [7, 9],
    ],
    [
      [0, 5],
      [7, 9],
    ],
  ],
  [
    'read again, and cut elsewhere',
    [
      [0, 6],
      [3, 6],
      [6, 9],
    ],
    [
      [0, 6],
      [6, 9],
    ],
  ],
  [
    'what goes on from where the first ended',
    [
      [0, 6],
      [3, 9],
      [6, 8],
      [8, 9],
    ],
    [
      [0, 6],
      [6, 8],
      [8, 9],
    ],
  ],
  [
    'nothing begins there: rather too much',
    [
      [0, 6],
      [3, 9],
    ],
    [
      [0, 6],
      [3, 9],
    ],
  ],
  [
    'and what is behind follows',
    [
      [0, 6],
      [3, 9],
      [9, 12],
    ],
    [
      [0, 6],
      [3, 9],
      [9, 12],
    ],
  ],
  [
    'a place that could not be read',
    [
      [0, 5],
      [5, 5],
      [6, 9],
    ],
    [
      [0, 5],
      [5, 5],
      [6, 9],
    ],
  ],
])('%s', (_, stretches, taken) => {
  expect(tiled(of(LOG, ...stretches))).toEqual(of(LOG, ...taken));
  expect(tiled(of(flowSource(LOG), ...stretches.toReversed()))).toEqual(of(flowSource(LOG), ...taken));
});

test('requests whose positions are times are all taken', () => {
  const all = of('webhook:kube-1', [1, 9], [3, 4], [5, 12]);
  expect(tiled(all)).toEqual(all);
});

/** As a store keeps them: of two that begin in one place the longer one. */
function kept(...readings: readonly (readonly CoverageMark[])[]): CoverageMark[] {
  const byPlace = new Map<number, CoverageMark>();
  for (const mark of readings.flat())
    if (mark.to > (byPlace.get(mark.from)?.to ?? -1)) byPlace.set(mark.from, mark);
  return [...byPlace.values()];
}

test('a log that was read again, since the place in it was lost, counts once', () => {
  const readings = Array.from({ length: 400 }, (_, i): Reading =>
    i % 90 === 89
      ? { kind: 'unusable', reason: 'not-json', message: 'Not JSON' }
      : { kind: 'ignored', at: i * 7_000_000, reason: 'out-of-kind' },
  );
  const read = (from: number, sizes: readonly number[]): CoverageMark[] => {
    const marks: CoverageMark[] = [];
    for (let [at, n] = [from, 0]; at < readings.length; n++) {
      const to = Math.min(readings.length, at + sizes[n % sizes.length]!);
      const reads = readings.slice(at, to).map((reading, i) => ({ position: at + i, reading }));
      marks.push(markOf(LOG, at, to, reads));
      at = to;
    }
    return marks;
  };
  const sizes = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(sizes, sizes, sizes, (one, other, third) => {
      const once = read(0, one);
      const again = kept(once, read(0, other), read(0, third));
      const window = { start: 5 * MINUTE, end: 30 * MINUTE };
      expect(evidenceFor(again, [], window, { birth: 0 })).toEqual(
        evidenceFor(once, [], window, { birth: 0 }),
      );
      expect(deliveriesOf(again).map(({ lines }) => lines)).toEqual([400]);
    }),
  );
});
