import { type Instant, MINUTE, minuteOf, type Window } from '@margay/ground';
import { PROBLEMS_MAX, type Counts, type CoverageMark, type Problem } from './mark.ts';

/** The first and the last event of a mark; undefined where none has a time. */
export function extentOf({ buckets }: CoverageMark): { first: Instant; last: Instant } | undefined {
  if (buckets.length === 0) return undefined;
  return {
    first: Math.min(...buckets.map(({ first }) => first)),
    last: Math.max(...buckets.map(({ last }) => last)),
  };
}

/** A mark may touch the window if its last event is from the one instant on, and its first before the other: whole minutes. */
export const reachOf = ({ start, end }: Window): { lastFrom: Instant; firstBefore: Instant } => ({
  lastFrom: minuteOf(start),
  firstBefore: minuteOf(end - 1) + MINUTE,
});

/** What a mark says whatever window is asked about: what has no time. */
export interface MarkRest {
  readonly timeless: Counts;
  /** Those without a time. */
  readonly problems: readonly Problem[];
  /** With those that are not listed. */
  readonly problemsTotal: number;
}

/** The rest of a mark; undefined where there is none, as for most. */
export function restOf({ timeless, problems, problemsTotal }: CoverageMark): MarkRest | undefined {
  const listed = problems.filter(({ at }) => at === undefined);
  const total = listed.length + problemsTotal - problems.length;
  if (total === 0 && Object.keys(timeless).length === 0) return undefined;
  return { timeless, problems: listed, problemsTotal: total };
}

/** Marks of one source that do not touch a window. */
export interface DistantMarks {
  readonly source: string;
  /** How many positions they cover. */
  readonly lines: number;
  readonly first?: Instant;
  readonly last?: Instant;
  /** In the order of their positions. */
  readonly rests: readonly MarkRest[];
}

/**
 * One mark in place of all of a source that do not touch a window: with it in their place the window's evidence is the same.
 * It has no counts of minutes.
 */
export function distantMark({ source, lines, first, last, rests }: DistantMarks): CoverageMark {
  const timeless: Record<string, number> = {};
  for (const rest of rests)
    for (const [outcome, n] of Object.entries(rest.timeless))
      timeless[outcome] = (timeless[outcome] ?? 0) + n;
  const ends = [first, last].filter((at) => at !== undefined);
  return {
    source,
    from: 0,
    to: lines,
    buckets: ends.map((at) => ({ minute: minuteOf(at), first: at, last: at, counts: {} })),
    timeless,
    problems: rests.flatMap(({ problems }) => problems).slice(0, PROBLEMS_MAX),
    problemsTotal: rests.reduce((sum, { problemsTotal }) => sum + problemsTotal, 0),
  };
}
