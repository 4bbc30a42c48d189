import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareTexts, sortedOnce } from './order.ts';

/** Letters around the places where UTF-16 and UTF-8 disagree, beside any others. */
const TEXT = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '-', '｡', '😀', '\uffff', '퟿') }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
);

test('texts are ordered as their UTF-8 bytes are', () => {
  fc.assert(
    fc.property(TEXT, TEXT, (a, b) => {
      expect(Math.sign(compareTexts(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 3_000 },
  );
});

test('the order is total, with halves of characters too', () => {
  const any = fc.oneof(TEXT, fc.string({ unit: fc.constantFrom('a', '\ud83d', '\ude00', '\ue000') }));
  fc.assert(
    fc.property(any, any, any, (a, b, c) => {
      expect(compareTexts(a, b) === 0).toBe(a === b);
      expect(Math.sign(compareTexts(a, b))).toBe(0 - Math.sign(compareTexts(b, a)));
      if (compareTexts(a, b) <= 0 && compareTexts(b, c) <= 0)
        expect(compareTexts(a, c)).toBeLessThanOrEqual(0);
    }),
    { numRuns: 3_000 },
  );
});

test('a list has each text once', () => {
  expect(sortedOnce(['😀', 'b', '｡', 'b', 'a-b', 'a'])).toEqual(['a', 'a-b', 'b', '｡', '😀']);
});
