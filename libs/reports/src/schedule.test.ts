import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatInstant, parseInstant } from '@margay/ground';
import { lastTick, nextTick, scheduleProblem } from './schedule.ts';

const at = (text: string): number => parseInstant(text) ?? NaN;

test.each([
  ['0 0 * * *', '2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z'],
  ['0 0 * * *', '2026-02-28T23:59:59.999999Z', '2026-03-01T00:00:00Z'],
  ['0 0 * * *', '2026-03-01T00:00:00.000001Z', '2026-03-02T00:00:00Z'],
  ['8 6 * * *', '2026-03-01T06:05:36Z', '2026-03-01T06:08:00Z'],
  ['*/30 * * * *', '2026-03-01T06:05:36Z', '2026-03-01T06:30:00Z'],
  ['5/30 * * * *', '2026-03-01T06:05:36Z', '2026-03-01T06:35:00Z'],
  ['0 0 29 2 *', '2026-03-01T00:00:00Z', '2028-02-29T00:00:00Z'],
  ['0 0 * * 1', '2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z'],
  ['0 0 13 * 5', '2026-03-01T00:00:00Z', '2026-03-06T00:00:00Z'],
  ['30 1 * * *', '2026-03-29T00:45:00Z', '2026-03-29T01:30:00Z'],
  ['0 0 31 2 *', '2026-03-01T00:00:00Z', undefined],
])('%s after %s comes due at %s', (schedule, after, tick) => {
  const next = nextTick(schedule, at(after));
  expect(next === undefined ? undefined : formatInstant(next)).toBe(tick);
});

test.each([
  ['0 0 * * *', '2026-03-02T00:00:00Z', '2026-03-02T00:00:00Z'],
  ['0 0 * * *', '2026-03-01T23:59:59.999999Z', '2026-03-01T00:00:00Z'],
  ['0,30 * * * *', '2026-03-01T06:29:00Z', '2026-03-01T06:00:00Z'],
  ['0 8 * * 1', '2026-03-05T00:00:00Z', '2026-03-02T08:00:00Z'],
  ['0 0 1 1 *', '2026-12-31T00:00:00Z', '2026-01-01T00:00:00Z'],
  // There was none in 1900.
  ['0 0 29 2 *', '1904-02-28T00:00:00Z', '1896-02-29T00:00:00Z'],
  ['0 0 31 2 *', '2026-03-01T00:00:00Z', undefined],
])('%s came due up to %s at %s', (schedule, up, tick) => {
  const last = lastTick(schedule, at(up));
  expect(last === undefined ? undefined : formatInstant(last)).toBe(tick);
});

test.each([
  ['0 0 * * *', undefined],
  ['0,30 * * * *', undefined],
  ['*/30 * * * *', undefined],
  ['15-16 * * * MON-FRI', undefined],
  ['*/20 * * * *', 'has 3 values in the minute field; at most 2 are allowed'],
  ['* * * * *', 'has 60 values in the minute field; at most 2 are allowed'],
  ['0 0 31 2 *', 'never comes due: no day of any year fits'],
])('%s: %s', (schedule, problem) => expect(scheduleProblem(schedule)).toBe(problem));

test.each([
  '',
  'daily',
  '@every 1h',
  '0 0 * *',
  '0 0 0 * * *',
  '60 * * * *',
  '0 24 * * *',
  'TZ=UTC 0 0 * * *',
  'a b c d e',
])('%j is no schedule', (schedule) =>
  expect(scheduleProblem(schedule)).toMatch(/^not a cron expression of five fields: ./),
);

test('ticks are whole minutes, after the reference, and nothing lies between two', () => {
  const schedule = fc
    .tuple(
      fc.nat(59),
      fc.constantFrom('*', '3', '*/6'),
      fc.constantFrom('*', '1,15'),
      fc.constantFrom('*', '0-4'),
    )
    .map(([minute, hour, day, weekday]) => `${minute} ${hour} ${day} * ${weekday}`);
  const start = at('2026-01-01T00:00:00Z');
  const year = 366 * 86_400_000_000;
  fc.assert(
    fc.property(schedule, fc.nat(year), fc.nat(year), (text, a, b) => {
      const first = nextTick(text, start + a) ?? NaN;
      expect(first).toBeGreaterThan(start + a);
      expect(first % 60_000_000).toBe(0);
      // Whoever asks from in between is told the same.
      const between = start + a + (b % (first - start - a));
      expect(nextTick(text, between)).toBe(first);
    }),
  );
});
