import { expect, test } from 'vitest';
import { parseGoDuration } from './duration.ts';

test.each([
  ['30m', 1_800_000, 'the documented default'],
  ['1h30m', 5_400_000, 'units add up'],
  ['0s', 0, 'no delay'],
  ['0', 0, 'zero needs no unit'],
  ['1.5h', 5_400_000, 'a fraction'],
  ['250ms', 250, 'the longer unit wins over m'],
])('%s is %d ms (%s)', (text, milliseconds) => expect(parseGoDuration(text)).toBe(milliseconds));

test.each(['', '30', 'm', '-5m', '30 m', '30minutes', '1h 30m', '1d'])('"%s" is refused by name', (text) => {
  expect(() => parseGoDuration(text)).toThrow(`"${text}" is not a duration`);
});
