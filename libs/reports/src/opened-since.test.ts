import {
  doubtsFor,
  evidenceFor,
  fileSource,
  flowSource,
  lostSource,
  markOf,
  type CoverageMark,
  type Read,
} from '@margay/coverage';
import { HOUR, MINUTE, SECOND } from '@margay/ground';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeReport, openedSince, reportInput } from './index.ts';

const IDENTITY = '0123456789abcdef';
const WINDOW = { start: 10 * HOUR, end: 12 * HOUR };
const BIRTH = 0;

const every = (step: number, from: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

const broken: Read['reading'] = { kind: 'unusable', reason: 'not-json', message: 'Not JSON' };

/** What came of a source: events at instants, and lines that nobody can read for each `undefined`. */
const told = (source: string, times: readonly (number | undefined)[]): CoverageMark =>
  markOf(
    source,
    0,
    times.length,
    times.map((at, position) => ({
      position,
      reading: at === undefined ? broken : { kind: 'ignored', at, reason: 'out-of-kind' },
    })),
  );
const log = (name: string, times: readonly (number | undefined)[]) => told(fileSource(name, IDENTITY), times);

/** The report over the window from marks. */
const reportOf = (marks: readonly CoverageMark[], reportType: string) =>
  computeReport(
    reportInput(
      { name: 'r', spec: { reportType }, cluster: '', window: WINDOW },
      { versions: [], policyEvents: [], flows: [], marks, repeats: [], birth: BIRTH },
    ),
  );

const openedBy = (then: readonly CoverageMark[], now: readonly CoverageMark[], reportType = 'inventory') =>
  openedSince(reportOf(then, reportType), { marks: now, birth: BIRTH });

const steady = (name: string, to: number) => log(name, every(MINUTE, 0, to));
const BOTH_TO_END = [steady('a.log', 12 * HOUR + MINUTE), steady('b.log', 12 * HOUR)];

describe('a report is marked by what is known to be missing of its window since', () => {
  test.each<[string, then: CoverageMark[], now: CoverageMark[], RegExp[]]>([
    ['nothing that came', BOTH_TO_END, BOTH_TO_END, []],
    ['logs that go on', BOTH_TO_END, [steady('a.log', 20 * HOUR), steady('b.log', 20 * HOUR)], []],
    [
      'a log that stayed silent since before the end',
      [steady('a.log', 12 * HOUR + MINUTE), steady('b.log', 12 * HOUR - 2 * MINUTE)],
      [steady('a.log', 20 * HOUR), steady('b.log', 12 * HOUR - 2 * MINUTE)],
      [/^Nothing is known to have been delivered by b\.log from .* on\.$/],
    ],
    [
      'one that went on behind a gap, of which the beginning was known',
      [steady('a.log', 12 * HOUR + MINUTE), steady('b.log', 11 * HOUR)],
      [
        steady('a.log', 20 * HOUR),
        log('b.log', [...every(MINUTE, 0, 11 * HOUR), ...every(MINUTE, 15 * HOUR, 20 * HOUR)]),
      ],
      [],
    ],
    [
      'a gap that is filled',
      [steady('a.log', 12 * HOUR + MINUTE), steady('b.log', 11 * HOUR)],
      [steady('a.log', 20 * HOUR), steady('b.log', 20 * HOUR)],
      [],
    ],
    [
      'the log of another API server, which begins later',
      BOTH_TO_END,
      [...BOTH_TO_END, log('c.log', every(MINUTE, 15 * HOUR, 20 * HOUR))],
      [/^Nothing is known to have been delivered by c\.log from .*/],
    ],
    [
      'the log of another, of which all is there',
      BOTH_TO_END,
      [...BOTH_TO_END, steady('c.log', 20 * HOUR)],
      [],
    ],
    [
      'a clock that was set back behind the file that was there',
      [steady('audit.log.1', 12 * HOUR + MINUTE)],
      [
        steady('audit.log.1', 12 * HOUR + MINUTE),
        {
          ...log('audit.log', every(MINUTE, 11 * HOUR, 14 * HOUR)),
          goesOnFrom: fileSource('audit.log.1', IDENTITY),
        },
      ],
      [/^The times that audit\.log tells go back, as where a clock is set back/],
    ],
    [
      'something that was lost between the services',
      BOTH_TO_END,
      [
        ...BOTH_TO_END,
        markOf(lostSource('everything', 'margay.resource-changes/0'), 5, 6, [
          {
            position: 5,
            reading: { ...broken, after: 11 * HOUR, before: 13 * HOUR, message: 'One message is lost.' },
          },
        ]),
      ],
      [/^One message is lost\.$/],
    ],
    [
      'a line that nobody can read, behind what had come',
      [steady('a.log', 12 * HOUR + MINUTE), log('b.log', every(MINUTE, 0, 12 * HOUR - MINUTE))],
      [
        steady('a.log', 12 * HOUR + MINUTE),
        log('b.log', [...every(MINUTE, 0, 12 * HOUR - MINUTE), undefined, 12 * HOUR]),
      ],
      [/^Something that nobody can read was delivered by b\.log/],
    ],
  ])('%s', (_, then, now, opened) => {
    expect(openedBy(then, now)).toEqual(opened.map((words) => expect.stringMatching(words)));
    // Whoever made the revision says the same, and nothing is open any more.
    expect(openedBy(now, now)).toEqual([]);
  });

  test('flows count where who talked to whom is part of the report', () => {
    const flows = (to: number) =>
      told(flowSource(fileSource('flows.log', IDENTITY)), every(10 * SECOND, 9 * HOUR, to));
    const then = [...BOTH_TO_END, flows(12 * HOUR + MINUTE)];
    const now = [
      ...BOTH_TO_END,
      told(flowSource(fileSource('flows.log', IDENTITY)), [
        ...every(10 * SECOND, 9 * HOUR, 11 * HOUR),
        ...every(10 * SECOND, 11.5 * HOUR, 13 * HOUR),
      ]),
    ];
    expect(openedBy(then, now, 'network-access')).toEqual([
      expect.stringMatching(/^flows\.log is not known to have told of the time from/),
    ]);
    expect(openedBy(then, now)).toEqual([]);
  });
});

test('whatever came, a report is marked where its sources are worse now, and only where something is open', () => {
  const some = fc.record({
    from: fc.integer({ min: 0, max: 11 }),
    hole: fc.option(fc.integer({ min: 9, max: 13 })),
    cut: fc.integer({ min: 11 * 60, max: 20 * 60 }),
  });
  const timesOf = ({ from, hole }: { readonly from: number; readonly hole: number | null }) =>
    every(MINUTE, from * HOUR, 20 * HOUR).filter(
      (at) => hole === null || at < hole * HOUR || at > (hole + 1) * HOUR,
    );
  fc.assert(
    fc.property(fc.array(some, { minLength: 1, maxLength: 3 }), (logs) => {
      const name = (i: number) => `${'abc'[i]}.log`;
      const now = logs.map((one, i) => log(name(i), timesOf(one)));
      const then = logs.map((one, i) =>
        log(
          name(i),
          timesOf(one).filter((at) => at < one.cut * MINUTE),
        ),
      );
      const [before, after] = [then, now].map((marks) => evidenceFor(marks, [], WINDOW, { birth: BIRTH }));
      const opened = openedBy(then, now);
      if (before!.complete && !after!.complete) expect(opened).not.toEqual([]);
      if (doubtsFor(now, WINDOW, { birth: BIRTH }).length === 0) expect(opened).toEqual([]);
      expect(openedBy(now, now)).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
