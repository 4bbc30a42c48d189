import { HOUR, MINUTE, SECOND } from '@margay/ground';
import type { Reading } from '@margay/history';
import { describe, expect, test } from 'vitest';
import { evidenceFor, fileSource, markOf, type CoverageMark } from './index.ts';

const ids = ['00000000000000aa', '00000000000000bb', '00000000000000cc'];
const at = (instant: number): Reading => ({ kind: 'ignored', at: instant, reason: 'out-of-kind' });
const broken: Reading = { kind: 'unusable', reason: 'not-json', message: 'Not JSON' };
const every = (step: number, from: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

/** The files of a log that was rotated, the oldest first, each with what tells of which it goes on from. */
function files(
  all: readonly (readonly (number | undefined)[])[],
  isKnown = true,
  name = (i: number) => (i === all.length - 1 ? 'audit.log' : `audit.log.${all.length - 1 - i}`),
): CoverageMark[] {
  const sources = all.map((_, i) => fileSource(name(i), ids[i]!));
  return all.map((times, i) => ({
    ...markOf(
      sources[i]!,
      1,
      times.length + 1,
      times.map((time, n) => ({ position: n + 1, reading: time === undefined ? broken : at(time) })),
    ),
    ...(isKnown && i > 0 && { goesOnFrom: sources[i - 1]! }),
  }));
}

const window = { start: 0, end: 4 * HOUR + 1 };
const BORN = { birth: 0 };
const [a, b, c] = [
  every(MINUTE, 0, 2 * HOUR),
  every(MINUTE, HOUR, 3 * HOUR),
  every(MINUTE, 3 * HOUR, 4 * HOUR),
];

describe('a clock that was set back by an hour between two files of a log', () => {
  test('makes no gap where it is known which goes on from which, and is said', () => {
    const { grade, gaps, complete, reasons, sources } = evidenceFor(files([a, b, c]), [], window, BORN);
    expect({ grade, gaps, complete }).toEqual({ grade: 'no gap seen', gaps: [], complete: false });
    expect(sources.map(({ source, lines }) => [source, lines])).toEqual([
      ['audit.log', a.length + b.length + c.length],
    ]);
    expect(reasons).toEqual([
      'The times that audit.log tells go back, as where a clock is set back: the time from 1970-01-01T01:00:00Z to 1970-01-01T02:00:00Z was told twice, and what came first in it is not known.',
    ]);
  });

  test('is not said of windows that do not touch that time, and those are complete', () => {
    for (const of of [
      { start: 0, end: HOUR },
      { start: 2 * HOUR, end: 4 * HOUR },
    ])
      expect(evidenceFor(files([a, b, c]), [], of, BORN)).toMatchObject({ complete: true, reasons: [] });
  });

  test('counts the events of both files in a window that ends before the one does', () => {
    const { events, sources } = evidenceFor(
      files([a, b, c]),
      [],
      { start: 0, end: HOUR + 30 * MINUTE },
      BORN,
    );
    expect(events.read).toBe(90 + 30);
    expect(sources.map(({ source }) => source)).toEqual(['audit.log']);
  });

  test('as two API servers’ logs where it is not known', () => {
    expect(evidenceFor(files([a, b], false), [], window, BORN).sources).toHaveLength(2);
  });

  test('hides nothing that is missing in either', () => {
    const hole = every(MINUTE, HOUR, 3 * HOUR).filter((time) => time < 130 * MINUTE || time > 160 * MINUTE);
    const { grade, gaps } = evidenceFor(files([a, hole, c]), [], window, BORN);
    expect(grade).toBe('gaps');
    expect(gaps).toEqual([{ from: '1970-01-01T02:09:00.000001Z', to: '1970-01-01T02:41:00Z' }]);
  });

  test('leaves open in the time that was told twice what nobody can read at the border', () => {
    const { problems, reasons } = evidenceFor(files([[...a, undefined], b]), [], window, BORN);
    expect(problems.total).toBe(1);
    expect(reasons).toContainEqual(
      expect.stringContaining('after 1970-01-01T01:00:00Z and before 1970-01-01T02:00:00Z'),
    );
  });
});

test.each([
  ['moments are no matter', [a, every(MINUTE, 2 * HOUR - SECOND, 4 * HOUR)]],
  ['nor is a file in which nothing has a time', [a, [undefined], every(MINUTE, 2 * HOUR, 4 * HOUR)]],
])('%s', (_, all) => {
  const { sources, reasons } = evidenceFor(files(all), [], window, BORN);
  expect(sources).toHaveLength(1);
  expect(reasons.filter((reason) => reason.includes('clock'))).toEqual([]);
});

test('files that say that they go on from one another in a circle, or from themselves, are judged by their times', () => {
  const [first, second] = files([every(MINUTE, 0, 2 * HOUR), every(MINUTE, 2 * HOUR, 4 * HOUR)], false);
  const circle = [
    { ...first!, goesOnFrom: second!.source },
    { ...second!, goesOnFrom: first!.source },
  ];
  const itself = [first!, { ...second!, goesOnFrom: second!.source }];
  for (const marks of [circle, itself])
    expect(evidenceFor(marks, [], window, BORN)).toMatchObject({ grade: 'no gap seen', complete: true });
});
