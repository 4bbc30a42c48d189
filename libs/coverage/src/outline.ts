import { type Instant, MINUTE, minuteOf, type Window } from '@margay/ground';
import type { Canary } from './canary.ts';
import { withSilencesOver } from './heard.ts';
import {
  isHeard,
  totalOf,
  type Bucket,
  type Counts,
  type CoverageMark,
  type Problem,
  type SetBack,
} from './mark.ts';
import { RHYTHMIC } from './rhythm.ts';

/** The first and the last event of a mark; undefined where none has a time. */
export function extentOf({
  buckets,
}: Pick<CoverageMark, 'buckets'>): { first: Instant; last: Instant } | undefined {
  if (buckets.length === 0) return undefined;
  let [first, last] = [Infinity, -Infinity];
  for (const bucket of buckets) {
    first = Math.min(first, bucket.first);
    last = Math.max(last, bucket.last);
  }
  return { first, last };
}

/**
 * A mark may touch the window if its last event is from the one instant on, and its first before the other: whole minutes, and the one before
 * them, from whose last event a silence may last into the window.
 */
export const reachOf = ({ start, end }: Window): { lastFrom: Instant; firstBefore: Instant } => ({
  lastFrom: minuteOf(start) - MINUTE,
  firstBefore: minuteOf(end - 1) + MINUTE,
});

/**
 * A minute in which something was heard: its first event, its last, how many there were, and its silences that a rhythm knows, where
 * there are any (see `Heard`). Ascending.
 */
export type Beat = readonly [first: Instant, last: Instant, events: number, silences?: readonly number[]];

const beatOf = (bucket: Bucket): Beat => {
  const { first, last, silences } = withSilencesOver(RHYTHMIC, bucket);
  const beat = [first, last, totalOf(bucket.counts)] as const;
  return silences === undefined ? beat : [...beat, silences];
};

/** What of a mark matters to every window: when something came, and what came without a time. */
export interface Outline {
  readonly source: string;
  /** See `CoverageMark`. */
  readonly goesOnFrom?: string;
  readonly from: number;
  readonly to: number;
  readonly beats: readonly Beat[];
  /** Absent where all that came has a time, as in most. */
  readonly rest?: Rest;
  /** Absent where there is none. */
  readonly canaries?: readonly Canary[];
  /** Absent where times go on. */
  readonly setBack?: readonly SetBack[];
}

/** What of a mark has no time. */
export interface Rest {
  readonly timeless: Counts;
  /** Those without a time, by position; perhaps not all. */
  readonly problems: readonly Problem[];
}

export function outlineOf({
  source,
  goesOnFrom,
  from,
  to,
  buckets,
  timeless,
  problems,
  canaries = [],
  setBack = [],
}: Omit<CoverageMark, 'problemsTotal'>): Outline {
  const rest = { timeless, problems: problems.filter(({ at }) => at === undefined) };
  return {
    source,
    from,
    to,
    ...(goesOnFrom !== undefined && { goesOnFrom }),
    beats: buckets.filter(isHeard).map(beatOf),
    ...((Object.keys(timeless).length > 0 || rest.problems.length > 0) && { rest }),
    ...(canaries.length > 0 && { canaries }),
    ...(setBack.length > 0 && { setBack }),
  };
}
