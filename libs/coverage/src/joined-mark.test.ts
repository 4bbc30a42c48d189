import { MINUTE } from '@margay/ground';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinedMark, markOf, type Read } from './index.ts';

const at = fc.integer({ min: 0, max: 5 * MINUTE });
const reading: fc.Arbitrary<Read['reading']> = fc.oneof(
  at.map((instant) => ({ kind: 'ignored' as const, at: instant, reason: 'bookmark' })),
  at.map((instant) => ({ kind: 'changes' as const, at: instant })),
  at.map((instant) => ({ kind: 'doubtful' as const, at: instant, reason: 'unwatched', message: 'no' })),
);

test('a mark in parts is the mark of the whole, wherever it is cut', () => {
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 20 }), fc.nat(20), (readings, cut) => {
      const reads = readings.map((one, i) => ({ position: 7 + i, reading: one }));
      const border = Math.min(cut, reads.length);
      const parts = [
        markOf('s', 7, 7 + border, reads.slice(0, border)),
        markOf('s', 7 + border, 7 + reads.length, reads.slice(border)),
      ] as const;
      expect(joinedMark(...parts)).toEqual(markOf('s', 7, 7 + reads.length, reads));
    }),
  );
});
