import { MINUTE } from '@margay/ground';
import { deliveriesOf, doubtsFor, evidenceFor, markOf, type CoverageMark } from '@margay/coverage';
import type { Reading } from '@margay/history';
import { describe, expect, test } from 'vitest';
import type { Coverage } from './coverage.ts';

const mark = (source: string, from: number, to: number): CoverageMark => ({
  source,
  from,
  to,
  buckets: [
    {
      minute: 60_000_000,
      first: 60_000_001,
      last: 60_000_002,
      counts: { kept: to - from, 'ignored:stage': 1 },
    },
  ],
  timeless: { 'unusable:not-json': 2 },
  problems: [
    { position: from, kind: 'unusable', reason: 'not-json', message: 'Not JSON: {' },
    {
      position: from + 1,
      kind: 'doubtful',
      reason: 'no-content',
      message: 'without content',
      at: 60_000_001,
    },
  ],
  problemsTotal: 2,
});

/** What all coverage must do. `open` gives an empty one. */
export function coverageContract(name: string, open: () => Promise<Coverage>) {
  describe(`coverage contract: ${name}`, () => {
    test('marks come back as they were, by source and place', async () => {
      const coverage = await open();
      expect(await coverage.marks()).toEqual([]);
      await coverage.append([mark('b.log', 5, 9), mark('a.log', 10, 20), mark('a.log', 0, 10)]);
      await coverage.append([]);
      expect(await coverage.marks()).toEqual([
        mark('a.log', 0, 10),
        mark('a.log', 10, 20),
        mark('b.log', 5, 9),
      ]);
    });

    test('canaries come back, and deliveries have their runs', async () => {
      const coverage = await open();
      const canary = { writer: 'w', server: 'a:6443', servers: 1, state: 'seen' } as const;
      const seen = (from: number, ...sequences: readonly number[]): CoverageMark => ({
        ...mark('a.log', from, from + 5),
        canaries: sequences.map((sequence) => ({ ...canary, sequence, at: sequence * 30_000_000 })),
      });
      await coverage.append([seen(5, 3), seen(0, 1, 2), mark('b.log', 0, 5)]);
      expect(await coverage.marks()).toEqual([seen(0, 1, 2), seen(5, 3), mark('b.log', 0, 5)]);
      expect((await coverage.deliveries()).map(({ canaries }) => canaries)).toEqual([
        [{ ...canary, from: 1, to: 3, first: 30_000_000, last: 90_000_000 }],
        [],
      ]);
    });

    test('the same stretch again does nothing, a longer one from the same place replaces it', async () => {
      const coverage = await open();
      await coverage.append([mark('a.log', 0, 10)]);
      await coverage.append([mark('a.log', 0, 10), { ...mark('a.log', 0, 4), timeless: {} }]);
      expect(await coverage.marks()).toEqual([mark('a.log', 0, 10)]);
      await coverage.append([mark('a.log', 0, 15), mark('a.log', 0, 12)]);
      expect(await coverage.marks()).toEqual([mark('a.log', 0, 15)]);
    });

    test('a window’s evidence is the same from the marks near it as from all of them', async () => {
      const coverage = await open();
      const broken: Reading = { kind: 'unusable', reason: 'not-json', message: 'Not JSON' };
      const doubtful = (at: number): Reading => ({
        kind: 'doubtful',
        at,
        reason: 'no-content',
        message: 'it said 500',
      });
      const ignored = (at: number): Reading => ({ kind: 'ignored', at, reason: 'refused' });
      const marks = ['a.log', 'b.log', 'watch/pods'].flatMap((source, s) =>
        Array.from({ length: 30 }, (_, i) => {
          const at = ((i * 7 + s * 3) % 40) * MINUTE + i;
          const all = [
            ignored(at),
            ...(i % 3 === 0 ? [doubtful(at + 90_000_000)] : []),
            ...(i % 5 === s ? [broken] : []),
          ];
          return markOf(
            source,
            i * 10,
            i * 10 + 10,
            all.map((reading, n) => ({ position: i * 10 + n, reading })),
          );
        }),
      );
      marks[7] = { ...marks[7]!, setBack: [{ start: 5 * MINUTE, end: 9 * MINUTE, until: 20 * MINUTE }] };
      await coverage.append(marks);
      const all = await coverage.marks();
      expect(await coverage.deliveries()).toEqual(deliveriesOf(all));
      for (let start = -5; start < 45; start += 3) {
        for (const length of [1, 10 * MINUTE + 1, 100 * MINUTE]) {
          const window = { start: start * MINUTE + 17, end: start * MINUTE + 17 + length };
          const near = await coverage.marks(window);
          const deliveries = await coverage.deliveries(window.end);
          expect(evidenceFor(near, [], window, { deliveries })).toEqual(evidenceFor(all, [], window));
          expect(doubtsFor(near, window, { deliveries })).toEqual(doubtsFor(all, window));
          if (length === 1) expect(near.length).toBeLessThan(marks.length / 2);
        }
      }
    });

    test('reading goes on after the last mark', async () => {
      const coverage = await open();
      expect(await coverage.position('a.log')).toBe(0);
      expect(await coverage.positions()).toEqual(new Map());
      await coverage.append([mark('a.log', 10, 20), mark('a.log', 0, 10), mark('b.log', 0, 99)]);
      expect(await coverage.position('a.log')).toBe(20);
      expect(await coverage.position('b.log')).toBe(99);
      expect(await coverage.position('c.log')).toBe(0);
      expect(await coverage.positions()).toEqual(
        new Map([
          ['a.log', 20],
          ['b.log', 99],
        ]),
      );
    });
  });
}
