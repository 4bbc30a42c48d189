import { expect, test } from 'vitest';
import { formatInstant, parseInstant } from '@margay/ground';
import { ACTIVE_MAX } from '@margay/kubernetes';
import { dueWindows, type DueInput } from './due-windows.ts';

const at = (text: string) => parseInstant(`2026-${text}Z`)!;
const minutes = (n: number) => n * 60_000_000;

/** Due windows as `MM-DDThh:mm:ss→…`. */
function shown(input: Partial<DueInput> & { from: number; now: number }): string[] {
  const short = (instant: number) => formatInstant(instant).slice(5, -1);
  return dueWindows({ schedule: '0 * * * *', startDelay: minutes(30), active: 0, ...input }).map(
    ({ start, end }) => `${short(start)}→${short(end)}`,
  );
}

test.each([
  ['before the first tick nothing is due', '03-01T10:05:36', '03-01T10:59:59', []],
  ['the delay holds a window back', '03-01T10:05:36', '03-01T11:29:59', []],
  [
    'the first window starts when the report appeared',
    '03-01T10:05:36',
    '03-01T11:30:00',
    ['03-01T10:05:36→03-01T11:00:00'],
  ],
  [
    'the end of one is the start of the next',
    '03-01T11:00:00',
    '03-01T13:30:00',
    ['03-01T11:00:00→03-01T12:00:00', '03-01T12:00:00→03-01T13:00:00'],
  ],
  ['a clock that jumps back makes nothing twice', '03-01T11:00:00', '02-01T00:00:00', []],
])('%s', (_, from, now, expected) => expect(shown({ from: at(from), now: at(now) })).toEqual(expected));

test('after an outage of a month the windows come in order, five at a time', () => {
  const first = shown({ from: at('03-01T00:00:00'), now: at('04-01T00:00:00') });
  expect(first).toHaveLength(ACTIVE_MAX);
  expect(first[0]).toBe('03-01T00:00:00→03-01T01:00:00');
  expect(shown({ from: at('03-01T05:00:00'), now: at('04-01T00:00:00'), active: 3 })).toEqual([
    '03-01T05:00:00→03-01T06:00:00',
    '03-01T06:00:00→03-01T07:00:00',
  ]);
  expect(shown({ from: at('03-01T05:00:00'), now: at('04-01T00:00:00'), active: ACTIVE_MAX })).toEqual([]);
});

test('a suspended report makes nothing; resumed, it makes what was missed', () => {
  const times = { from: at('03-01T00:00:00'), now: at('03-01T02:45:00') };
  expect(shown({ ...times, suspend: true })).toEqual([]);
  expect(shown(times)).toHaveLength(2);
});

test('a year of daily windows tiles time, leap day and daylight saving included', () => {
  let from = parseInstant('2028-01-01T00:00:00Z')!;
  const end = parseInstant('2029-01-01T00:00:00Z')!;
  let days = 0;
  while (from < end) {
    for (const window of dueWindows({ schedule: '0 0 * * *', from, now: end, startDelay: 0, active: 0 })) {
      expect(window.start).toBe(from);
      expect(window.end - window.start).toBe(minutes(24 * 60));
      from = window.end;
      days++;
    }
  }
  expect(days).toBe(366);
});

test('a schedule that never comes is never due', () => {
  expect(shown({ schedule: '0 0 31 2 *', from: at('01-01T00:00:00'), now: at('12-31T00:00:00') })).toEqual(
    [],
  );
});
