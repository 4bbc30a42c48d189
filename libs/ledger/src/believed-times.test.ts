import fc from 'fast-check';
import { expect, test } from 'vitest';
import { timeProblem } from './believed-times.ts';

const NOW = Date.UTC(2026, 10, 27);
const windowEnd = '2026-11-24T00:22:01.391940Z';
const minutes = (count: number): number => count * 60_000;
const end = Date.UTC(2026, 10, 24, 0, 22, 1);

test.each<[what: string, time: number, why: RegExp | undefined]>([
  ['now', NOW, undefined],
  ['within the time that clocks may differ', NOW + minutes(10), undefined],
  ['a little after that', NOW + minutes(10) + 1, /^here it is 2026-11-27T00:00:00\.000Z: /],
  ['when the window ended', end, undefined],
  ['a little before', end - minutes(9), undefined],
  [
    'within the window',
    end - minutes(11),
    /^the window of the report in it ended at 2026-11-24T00:22:01\.391940Z: /,
  ],
  ['before there was a log', Date.UTC(2024, 11, 31), /^no log of reports is as old as that: /],
])('%s', (_, time, why) => {
  const problem = timeProblem(time, { now: NOW, windowEnd });
  if (why === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(why);
});

test('no time that can be written is believed that is ahead of the clock here, or before the window ended', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799_000 }), (time) => {
      const isBelieved = timeProblem(time, { now: NOW, windowEnd }) === undefined;
      expect(isBelieved).toBe(time >= end + 391 - minutes(10) && time <= NOW + minutes(10));
    }),
  );
});
