import { evidenceFor, fileSource, markOf } from '@margay/coverage';
import { formatInstant } from '@margay/ground';
import { expect, test } from 'vitest';
import { coverageOf, onlyCounted } from './coverage.ts';

test('what has no time counts, although no bar of the drawing has it', () => {
  const reading = { kind: 'unusable', reason: 'not-json', message: 'It is no JSON.' } as const;
  const mark = markOf('audit.log', 1, 3, [
    { position: 1, reading },
    { position: 2, reading },
  ]);
  const coverage = coverageOf([mark]);
  const [source] = coverage.sources;
  expect(source).toMatchObject({
    timeless: { unusable: 2, kept: 0 },
    problems: { total: 2, listed: [{}, {}] },
  });
  // What could not be read may name anything.
  const [counted] = onlyCounted(coverage).sources;
  expect(counted!.problems).toEqual({ total: 2, listed: [] });
});

const AT = 1_800_000_000_000_000;
const SECOND = 1_000_000;
const canary = (sequence: number) => ({ writer: 'w', server: 'a:6443', servers: 1, sequence });
const seen = (source: string, sequences: readonly number[]) =>
  markOf(
    source,
    1,
    sequences.length + 1,
    sequences.map((n, i) => ({
      position: i + 1,
      reading: { kind: 'ignored', reason: 'canary', at: AT + n * 30 * SECOND, canary: canary(n) },
    })),
  );
const written = (sequences: readonly number[]) => ({
  ...markOf('canary/w', 0, 1, []),
  canaries: sequences.map((n) => ({ ...canary(n), state: 'written' as const, at: AT + n * 30 * SECOND })),
});
const time = (n: number) => formatInstant(AT + n * 30 * SECOND);

test.each([
  ['up to its end', 0],
  ['a moment less', 10],
  ['for an hour', 3_600],
])('a single log that is silent %s is as its last report says', (_, seconds) => {
  const times = Array.from({ length: 200 }, (_, i) => AT + i * SECOND + (i % 7 === 0 ? 1 : 0));
  const mark = markOf(
    fileSource('audit.log', '0123456789abcdef'),
    1,
    201,
    times.map((at, i) => ({ position: i + 1, reading: { kind: 'ignored', reason: 'stage', at } })),
  );
  const window = { start: times[0]!, end: times.at(-1)! + 1 + seconds * SECOND };
  const [reported] = evidenceFor([mark], [], window, { birth: window.start }).sources;
  const { grade, gaps, longestSilence, allowedSilence } = reported!;
  const { sources } = coverageOf([mark], {}, window.end);
  expect(sources[0]).toMatchObject({ grade, gaps, longestSilence, allowedSilence });
  expect(grade).toBe(seconds > 30 ? 'gaps' : 'no gap seen');
});

test('a source in which a canary did not come is silent since the last that came', () => {
  const numbers = [0, 1, 2, 3, 4, 5, 6, 7];
  const { sources, servers } = coverageOf([
    seen('audit.log', numbers.slice(0, 5)),
    seen('webhook:a', numbers),
    written(numbers),
  ]);
  expect(sources.map(({ source, grade, proven, canaries }) => ({ source, grade, proven, canaries }))).toEqual(
    [
      {
        source: 'audit.log',
        grade: 'gaps',
        proven: [{ from: time(0), to: time(4) }],
        canaries: [
          { server: 'a:6443', lastSeen: time(4), silentSince: formatInstant(AT + 120 * SECOND + 1) },
        ],
      },
      {
        source: 'webhook:a',
        grade: 'no gap seen',
        proven: [{ from: time(0), to: time(7) }],
        canaries: [{ server: 'a:6443', lastSeen: time(7) }],
      },
    ],
  );
  expect(servers).toEqual([{ server: 'a:6443', lastWritten: time(7) }]);
});

test('a log that was rotated is one row, with the times that came twice in it', () => {
  const [old, current] = ['audit.log.1', 'audit.log'].map((name, i) =>
    fileSource(name, `000000000000000${i}`),
  ) as [string, string];
  const times = (from: number) => Array.from({ length: 120 }, (_, i) => AT + (from + i) * 30 * SECOND);
  const file = (source: string, all: readonly number[]) =>
    markOf(
      source,
      1,
      all.length + 1,
      all.map((at, i) => ({ position: i + 1, reading: { kind: 'ignored', reason: 'stage', at } })),
    );
  const setBack = [
    { start: AT + 150 * 30 * SECOND, end: AT + 160 * 30 * SECOND, until: AT + 160 * 30 * SECOND },
  ];
  const { sources } = coverageOf([
    file(old, times(0)),
    { ...file(current, times(120)), goesOnFrom: old, setBack },
  ]);
  expect(sources).toMatchObject([
    {
      source: 'audit.log',
      first: time(0),
      last: time(239),
      grade: 'no gap seen',
      toldTwice: [{ from: time(150), to: time(160) }],
    },
  ]);
  expect(sources[0]!.buckets.reduce((sum, { ignored }) => sum + ignored, 0)).toBe(240);
});

test('what the process sees itself counts, also of a source that never delivered', () => {
  const now = { lastDelivery: '2027-01-15T08:00:00.000Z', lagSeconds: 2, longestSilenceSeconds: 31 };
  const refused = { ...now, problem: 'networkpolicies cannot be watched: forbidden' };
  const { sources } = coverageOf([seen('audit.log', [0, 1])], {
    'audit.log': { ...now, canaries: { 'a:6443': { lastSeen: time(2), roundTripSeconds: 0.4 } } },
    'watch/networkpolicies.networking.k8s.io': refused,
  });
  expect(sources).toMatchObject([
    { source: 'audit.log', now, canaries: [{ lastSeen: time(2), roundTripSeconds: 0.4 }] },
    { source: 'watch/networkpolicies.networking.k8s.io', last: null, problem: refused.problem },
  ]);
});

test('a right that was missing at the end of the last mark is told, and one that came back is not', () => {
  const watch = (from: number, ...refused: readonly boolean[]) =>
    markOf(
      'watch/pods@m',
      from,
      from + refused.length,
      refused.map((isRefused, i) => ({
        position: from + i,
        reading: isRefused
          ? { kind: 'doubtful', reason: 'unwatched', message: 'pods: forbidden', at: AT + i }
          : { kind: 'changes', at: AT + i },
      })),
    );
  const problemOf = (...marks: Parameters<typeof coverageOf>[0]) => coverageOf(marks).sources[0]?.problem;
  expect(problemOf(watch(3, false, true), watch(1, false, false))).toBe('pods: forbidden');
  expect(problemOf(watch(1, false, true), watch(3, false))).toBeUndefined();
});
