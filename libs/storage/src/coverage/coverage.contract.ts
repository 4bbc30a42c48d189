import { markOf, type CoverageMark } from '@margay/coverage';
import { describe, expect, test } from 'vitest';
import type { Coverage } from './coverage.ts';

/** A mark of the lines `[from, to)`, one event a line. */
const mark = (source: string, from: number, to: number): CoverageMark =>
  markOf(
    source,
    from,
    to,
    Array.from({ length: to - from }, (_, i) => ({
      position: from + i,
      reading: { kind: 'ignored', reason: 'read-only', at: 1_764_000_000_000_000 + from + i },
    })),
  );

/** What every store of coverage must do. `open` gives an empty one. */
export function coverageContract(name: string, open: () => Promise<Coverage>) {
  describe(`coverage contract: ${name}`, () => {
    test('marks come back as they were, by source and place', async () => {
      const coverage = await open();
      await coverage.append([mark('b.log', 1, 5), mark('a.log', 5, 9)]);
      await coverage.append([mark('a.log', 1, 5)]);
      expect(await coverage.marks()).toEqual([mark('a.log', 1, 5), mark('a.log', 5, 9), mark('b.log', 1, 5)]);
    });

    test('a stretch that comes again counts once, at its farthest', async () => {
      const coverage = await open();
      await coverage.append([mark('a.log', 1, 5), mark('a.log', 1, 5), mark('a.log', 1, 9)]);
      await coverage.append([mark('a.log', 1, 3)]);
      expect(await coverage.marks()).toEqual([mark('a.log', 1, 9)]);
    });
  });
}
