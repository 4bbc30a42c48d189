import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DAY,
  formatInstant,
  formatMicros,
  formatSeconds,
  microsOf,
  parseInstant,
  SECOND,
} from './instant.ts';

test.each<[unknown, number | undefined, string]>([
  ['1970-01-01T00:00:00Z', 0, 'the epoch'],
  ['1970-01-01T00:00:01.5Z', 1_500_000, 'one digit'],
  ['1970-01-01T00:00:00.000001Z', 1, 'microseconds'],
  ['1970-01-01T00:00:00.123456789Z', 123_456, 'nanoseconds are cut off'],
  ['1970-01-01t01:00:00.5+01:00', 500_000, 'another zone, small letters'],
  ['1969-12-31T23:30:00-00:30', 0, 'west of Greenwich'],
  ['2000-02-29T00:00:00Z', 951_782_400_000_000, 'a leap day'],
  ['0001-01-01T00:00:00Z', undefined, 'the zero of Go: farther away than microseconds are exact'],
  ['9999-12-31T23:59:59Z', undefined, 'so is the other end'],
  ['2100-02-29T00:00:00Z', undefined, 'no leap year'],
  ['2026-13-01T00:00:00Z', undefined, 'no month'],
  ['2026-04-31T00:00:00Z', undefined, 'no day'],
  ['2026-01-00T00:00:00Z', undefined, 'no day either'],
  ['2026-01-01T24:00:00Z', undefined, 'no hour'],
  ['2026-01-01T00:00:60Z', undefined, 'a leap second: Unix time has none'],
  ['2026-01-01T00:00:00', undefined, 'no zone'],
  ['2026-01-01T00:00:00.Z', undefined, 'a point without digits'],
  ['2026-01-01T00:00:00.1234567890Z', undefined, 'more digits than there are'],
  ['2026-01-01T00:00:00Zz', undefined, 'something behind it'],
  ['2026-01-01T00:00:00+1:00', undefined, 'half a zone'],
  ['2026-01-01T00:00:00+24:00', undefined, 'no zone of this world'],
  ['2026-01-01 00:00:00Z', undefined, 'a space'],
  ['2026-1a-01T00:00:00Z', undefined, 'a letter'],
  ['', undefined, 'empty'],
  [null, undefined, 'null'],
  [1_700_000_000, undefined, 'a number'],
])('%s is %s: %s', (text, instant) => {
  expect(parseInstant(text)).toBe(instant);
});

const instants = fc.integer({ min: -2_000_000_000_000_000, max: 8_000_000_000_000_000 });

test('it agrees with the platform to the millisecond, and reads what it prints', () => {
  fc.assert(
    fc.property(instants, (instant) => {
      const text = formatInstant(instant);
      expect(parseInstant(text)).toBe(instant);
      expect(Date.parse(text)).toBe(Math.floor(instant / 1000));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  [0, '1970-01-01T00:00:00Z'],
  [DAY - 1, '1970-01-01T23:59:59Z'],
  [DAY + SECOND, '1970-01-02T00:00:01Z'],
  [-1, '1969-12-31T23:59:59Z'],
])('%s in whole seconds is %s', (instant, text) => expect(formatSeconds(instant)).toBe(text));

test('with six digits instants sort as texts, and read as what they were', () => {
  fc.assert(
    fc.property(instants, instants, (a, b) => {
      expect(parseInstant(formatMicros(a))).toBe(a);
      expect(formatMicros(a)).toHaveLength(27);
      expect(formatMicros(a) < formatMicros(b)).toBe(a < b);
    }),
  );
  expect(['2026-03-01T08:00:00Z', '2026-03-01T08:00:00.5Z', 'soon', '08:00Z'].map(microsOf)).toEqual([
    '2026-03-01T08:00:00.000000Z',
    '2026-03-01T08:00:00.500000Z',
    'soon',
    '08:00Z',
  ]);
});
