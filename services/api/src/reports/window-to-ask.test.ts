import { expect, test } from 'vitest';
import { windowToAsk, type AskedAt } from './window-to-ask.ts';

const at: AskedAt = { evidence: { first: 10, last: 99 }, now: 200 };
const scheduled = { next: { start: 150, end: 250, due: 280 } };

test.each([
  ['a schedule’s next window, as far as it has come', scheduled, {}, at, { start: 150, end: 200 }],
  ['all the evidence where no schedule is kept', {}, {}, at, { start: 10, end: 100 }],
  ['no further than now', {}, {}, { ...at, now: 50 }, { start: 10, end: 50 }],
  ['what was asked for', scheduled, { start: 1, end: 2 }, at, { start: 1, end: 2 }],
  ['a start alone', {}, { start: 50 }, at, { start: 50, end: 100 }],
  ['an end alone', scheduled, { end: 170 }, at, { start: 150, end: 170 }],
  ['nothing without evidence', {}, {}, { evidence: undefined, now: 200 }, undefined],
])('%s', (_, report, asked, when, window) => expect(windowToAsk(report, asked, when)).toEqual(window));
