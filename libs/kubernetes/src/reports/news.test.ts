import { expect, test } from 'vitest';
import { newsOf } from './news.ts';
import { globalReportStatus, type ReportRun } from './status.ts';

const HOUR = 3_600_000_000;
const run = (hour: number, state: ReportRun['state']): ReportRun => ({
  start: (hour - 1) * HOUR,
  end: hour * HOUR,
  state,
  ...(state === 'failed' && { reason: 'no disk' }),
});
const status = (runs: readonly ReportRun[], suspended = false) =>
  globalReportStatus({ generation: 1, runs, suspended, nextEnd: 9 * HOUR, now: 0 });

test.each([
  [
    'begun',
    [],
    [run(1, 'waiting')],
    ['Normal Scheduled The report from 1970-01-01T00:00:00Z to 1970-01-01T01:00:00Z is begun.'],
  ],
  ['going on', [run(1, 'waiting')], [run(1, 'running')], []],
  [
    'completed',
    [run(1, 'running')],
    [run(1, 'succeeded')],
    ['Normal Completed The report from 1970-01-01T00:00:00Z to 1970-01-01T01:00:00Z is archived.'],
  ],
  [
    'failed',
    [run(1, 'running')],
    [run(1, 'failed')],
    ['Warning Failed The report from 1970-01-01T00:00:00Z to 1970-01-01T01:00:00Z failed: no disk'],
  ],
  [
    'an older one that failed while a newer one is archived',
    [run(1, 'running'), run(2, 'succeeded')],
    [run(1, 'failed'), run(2, 'succeeded')],
    ['Warning Failed The report from 1970-01-01T00:00:00Z to 1970-01-01T01:00:00Z failed.'],
  ],
  ['forgotten', [run(1, 'succeeded'), run(2, 'failed')], [run(1, 'succeeded')], []],
] as const)('a report is %s', (_, before, after, expected) => {
  const news = newsOf(status(before), status(after));
  expect(news.map(({ type, reason, message }) => `${type} ${reason} ${message}`)).toEqual(expected);
  expect(newsOf(status(after), status(after))).toEqual([]);
});

test.each([
  [undefined, false, []],
  [undefined, true, ['Suspended']],
  [false, true, ['Suspended']],
  [true, true, []],
  [true, false, ['Resumed']],
])('suspended before: %j, now: %j', (before, now, expected) => {
  const news = newsOf(before === undefined ? undefined : status([], before), status([], now));
  expect(news.map(({ reason }) => reason)).toEqual(expected);
});
