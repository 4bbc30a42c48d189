import { formatInstant, HOUR, MINUTE, SECOND } from '@margay/ground';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deliveriesOf, evidenceFor, fileSource, markOf, type CoverageMark, type Read } from './index.ts';

const IDENTITY = '0123456789abcdef';
const LOG = fileSource('audit.log', IDENTITY);
const BORN = { birth: 0 };

const readsAt = (times: readonly number[], from = 0): Read[] =>
  times.map((at, i) => ({
    position: from + i,
    reading: { kind: 'ignored' as const, at, reason: 'out-of-kind' },
  }));

/** A log of events in the order in which they stand in it, in marks that end at some places. */
function marksOf(source: string, times: readonly number[], cuts: readonly number[] = []): CoverageMark[] {
  const ends = [...new Set([...cuts.filter((cut) => cut < times.length), times.length])].sort(
    (a, b) => a - b,
  );
  return ends.map((to, i) => {
    const from = ends[i - 1] ?? 0;
    return markOf(source, from, to, readsAt(times.slice(from, to), from));
  });
}

/** Every silence between two events that follow one another, by all their times. */
function silencesBetween(times: readonly number[]): (readonly [from: number, to: number])[] {
  const inOrder = times.toSorted((a, b) => a - b);
  return inOrder.slice(1).map((to, i) => [inOrder[i]!, to] as const);
}

const printed = (from: number, to: number) => ({ from: formatInstant(from), to: formatInstant(to) });
const longestOf = (silences: readonly (readonly [number, number])[]): number =>
  silences.reduce((longest, [from, to]) => Math.max(longest, to - from), 0);

/** Bursts, ticks and holes: instants that are a step of some length behind one another, in microseconds. */
const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 2 * SECOND }) },
    { weight: 4, arbitrary: fc.integer({ min: SECOND, max: 70 * SECOND }) },
    { weight: 1, arbitrary: fc.integer({ min: MINUTE, max: HOUR }) },
  ),
  { minLength: 1, maxLength: 150 },
);
const arbitraryTimes = fc
  .tuple(fc.nat(HOUR), steps)
  .map(([begin, all]) => all.reduce((times, step) => [...times, times.at(-1)! + step], [begin]));
const cuts = fc.array(fc.nat(150), { maxLength: 12 });

describe('by all the times of its events', () => {
  /** What is said of a log whose events came at these times. */
  function expected(times: readonly number[], allowed: number) {
    const silences = silencesBetween(times);
    const longest = longestOf(silences);
    return {
      longest: longest > SECOND ? Math.round(longest / 1_000) / 1_000 : undefined,
      gaps: silences
        .filter(([from, to]) => to - from > allowed * SECOND)
        .map(([from, to]) => printed(from + 1, to)),
    };
  }
  function judged(marks: readonly CoverageMark[], times: readonly number[]) {
    const window = { start: Math.min(...times), end: Math.max(...times) + 1 };
    const [source] = evidenceFor(marks, [], window, { birth: window.start }).sources;
    return source!;
  }

  test('the longest silence and the gaps are those of a log, however it was read, and in whatever order it was written', () => {
    fc.assert(
      fc.property(arbitraryTimes, cuts, fc.array(fc.nat(150)), (times, places, swaps) => {
        const written = [...times];
        for (const i of swaps)
          if (i + 1 < written.length) [written[i], written[i + 1]] = [written[i + 1]!, written[i]!];
        const whole = judged(marksOf(LOG, written), times);
        const { longest, gaps } = expected(times, whole.allowedSilence!);
        expect(whole.longestSilence?.seconds).toBe(longest);
        expect(whole.gaps).toEqual(gaps);
        expect(judged(marksOf(LOG, written, places), times)).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });

  test('and those of a log that was rotated are those of the whole', () => {
    fc.assert(
      fc.property(arbitraryTimes, cuts, (times, places) => {
        const ends = [
          ...new Set([...places.filter((cut) => cut > 0 && cut < times.length), times.length]),
        ].sort((a, b) => a - b);
        const files = ends.flatMap((to, i) =>
          marksOf(
            fileSource(`audit.log.${ends.length - i}`, i.toString(16).padStart(16, '0')),
            times.slice(ends[i - 1] ?? 0, to),
          ),
        );
        const { source: _, ...rotated } = judged(files, times);
        const { source: __, ...whole } = judged(marksOf(LOG, times), times);
        expect(rotated).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  });
});

describe('within one minute of the clock', () => {
  const often = (from: number, to: number) =>
    Array.from({ length: Math.floor((to - from) / SECOND) + 1 }, (_, i) => from + i * SECOND);
  const window = { start: 0, end: HOUR };
  const source = (times: readonly number[], of = window) =>
    evidenceFor(marksOf(LOG, times), [], of, BORN).sources[0]!;

  test('a silence that the rhythm does not allow is a gap', () => {
    const times = [...often(0, 10 * MINUTE + 8 * SECOND), ...often(10 * MINUTE + 52 * SECOND, HOUR)];
    expect(source(times)).toMatchObject({
      grade: 'gaps',
      gaps: [{ from: '1970-01-01T00:10:08.000001Z', to: '1970-01-01T00:10:52Z' }],
      longestSilence: { from: '1970-01-01T00:10:08Z', to: '1970-01-01T00:10:52Z', seconds: 44 },
    });
  });

  test('what comes early and late in each minute has a rhythm of fifty seconds, and not of ten', () => {
    const times = Array.from({ length: 61 }, (_, i) => [i * MINUTE, i * MINUTE + 50 * SECOND]).flat();
    expect(source(times)).toMatchObject({ grade: 'no gap seen', longestSilence: { seconds: 50 } });
  });

  test('all of a log may lie in one', () => {
    const times = [0, 3 * SECOND, 21 * SECOND, 22 * SECOND];
    expect(source(times, { start: 0, end: 22 * SECOND + 1 }).longestSilence).toEqual({
      from: '1970-01-01T00:00:03Z',
      to: '1970-01-01T00:00:21Z',
      seconds: 18,
    });
  });

  test('a silence that begins before the window or ends behind it touches it', () => {
    const times = [
      ...often(0, 599 * SECOND),
      ...often(620 * SECOND, 1_199 * SECOND),
      ...often(1_219 * SECOND, HOUR),
    ];
    const seconds = (start: number, end: number) =>
      source(times, { start: start * SECOND, end: end * SECOND }).longestSilence?.seconds;
    expect([seconds(600, 900), seconds(660, 1_200), seconds(660, 1_199)]).toEqual([21, 20, undefined]);
  });

  test('the silence at the end of a window is told where nothing came behind it', () => {
    expect(source(often(0, 50 * MINUTE))).toMatchObject({
      grade: 'gaps',
      longestSilence: { from: '1970-01-01T00:50:00Z', to: '1970-01-01T01:00:00Z', seconds: 600 },
    });
  });

  test('marks of older releases do not tell, and are read as they were', () => {
    const times = [0, 45 * SECOND, 61 * SECOND];
    const old = marksOf(LOG, times).map((mark) => ({
      ...mark,
      buckets: mark.buckets.map(({ silences: _, ...bucket }) => bucket),
    }));
    const [judged] = evidenceFor(old, [], { start: 0, end: 61 * SECOND + 1 }, BORN).sources;
    expect(judged!.longestSilence?.seconds).toBe(16);
    expect(deliveriesOf(old)[0]!.rhythm.longest).toEqual([]);
  });
});
