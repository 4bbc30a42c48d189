import type { CoverageMark } from '@margay/coverage';
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

    test('the same stretch again does nothing, a longer one from the same place replaces it', async () => {
      const coverage = await open();
      await coverage.append([mark('a.log', 0, 10)]);
      await coverage.append([mark('a.log', 0, 10), { ...mark('a.log', 0, 4), timeless: {} }]);
      expect(await coverage.marks()).toEqual([mark('a.log', 0, 10)]);
      await coverage.append([mark('a.log', 0, 15), mark('a.log', 0, 12)]);
      expect(await coverage.marks()).toEqual([mark('a.log', 0, 15)]);
    });

    test('reading goes on after the last mark', async () => {
      const coverage = await open();
      expect(await coverage.position('a.log')).toBe(0);
      await coverage.append([mark('a.log', 10, 20), mark('a.log', 0, 10), mark('b.log', 0, 99)]);
      expect(await coverage.position('a.log')).toBe(20);
      expect(await coverage.position('b.log')).toBe(99);
      expect(await coverage.position('c.log')).toBe(0);
    });
  });
}
