import { minuteOf, type CanaryName, type Instant, type Interval } from '@margay/ground';
import type { Canary } from './canary.ts';
import { type Heard, heardOf } from './heard.ts';

/** What became of something that was read: of an audit event, a record of a flow log. */
export type Outcome =
  | { readonly kind: 'changes' | 'flow'; readonly at?: Instant }
  | {
      readonly kind: 'ignored';
      readonly at?: Instant;
      readonly reason: string;
      readonly canary?: CanaryName;
    }
  | {
      readonly kind: 'doubtful' | 'unusable';
      readonly at?: Instant;
      readonly reason: string;
      readonly message: string;
      /** Of one without a time: between which it is known to have been, where not the events beside it tell that. */
      readonly after?: Instant;
      readonly before?: Instant;
    };

/** Reading by reading: what was read, and where. */
export interface Read<R extends Outcome = Outcome> {
  /** Position in the source; a line number for files. */
  readonly position: number;
  readonly reading: R;
}

/** How often each outcome came: `kept`, `ignored:refused`, `doubtful:no-content`, `unusable:no-uid` … */
export type Counts = Readonly<Record<string, number>>;

/** How many there are of all outcomes. */
export const totalOf = (counts: Counts): number => Object.values(counts).reduce((sum, n) => sum + n, 0);

/** What the events of one minute became. */
export interface Bucket extends Heard {
  /** The minute's first instant, by the events' own clock. */
  readonly minute: Instant;
  readonly counts: Counts;
}

/** An event whose effect is not known, or something that could not be read. */
export interface Problem {
  readonly position: number;
  readonly kind: 'doubtful' | 'unusable';
  readonly reason: string;
  readonly message: string;
  /** Absent where it has no time that can be read. */
  readonly at?: Instant;
  /**
   * Of one without a time: that of the nearest event with one before it in its mark, and of the nearest behind it. Absent at
   * the ends of a mark, and in marks of older releases.
   */
  readonly after?: Instant;
  readonly before?: Instant;
}

/**
 * Times `[start, end)` that a source tells behind later ones, up to `until`: its clock was set back, so that they came twice, and what was
 * first is not known by them.
 */
export interface SetBack extends Interval {
  readonly until: Instant;
}

/** What one stretch of one source, of audit events or of flows, delivered: the positions `[from, to)`. Marks of one source do not overlap. */
export interface CoverageMark {
  readonly source: string;
  /**
   * The source that this one goes on from: the file that a log was written to before. Absent where there is none, or nobody knows, and in
   * marks of older releases.
   */
  readonly goesOnFrom?: string;
  readonly from: number;
  readonly to: number;
  /** By minute, ascending. */
  readonly buckets: readonly Bucket[];
  /** Outcomes of what has no time. */
  readonly timeless: Counts;
  /** By position; at most `PROBLEMS_MAX` of them. */
  readonly problems: readonly Problem[];
  readonly problemsTotal: number;
  /** Those that came; absent where none did. */
  readonly canaries?: readonly Canary[];
  /** Absent where times go on, and in marks of older releases. */
  readonly setBack?: readonly SetBack[];
}

/** The outcome of not being able to ask: nothing was delivered then. */
const UNWATCHED = 'doubtful:unwatched';

/** Whether anything was delivered in a minute. */
export const isHeard = ({ counts }: Pick<Bucket, 'counts'>): boolean =>
  Object.keys(counts).some((outcome) => outcome !== UNWATCHED);

/** How many problems one mark lists, as many as evidence does, so that it lists the same ones however a source is cut. */
export const PROBLEMS_MAX = 200;

/** A minute of which events are read. */
interface OpenMinute {
  readonly times: Instant[];
  /** The last time at which nothing could be asked. */
  unheard: Instant;
  readonly counts: Record<string, number>;
}

const bucketOf = ([minute, { times, unheard, counts }]: readonly [Instant, OpenMinute]): Bucket => ({
  minute,
  ...heardOf(times.length > 0 ? times : [unheard]),
  counts,
});

/** The mark of a stretch. The marks of its parts add up to it, however it is cut. */
export function markOf(source: string, from: number, to: number, all: readonly Read[]): CoverageMark {
  const minutes = new Map<Instant, OpenMinute>();
  const timeless: Record<string, number> = {};
  const problems: Problem[] = [];
  const behind = timesBehind(all);
  const canaries: Canary[] = [];
  let after: Instant | undefined;
  for (const [i, { position, reading }] of all.entries()) {
    const { at } = reading;
    const outcome = 'reason' in reading ? `${reading.kind}:${reading.reason}` : 'kept';
    if (at === undefined) timeless[outcome] = (timeless[outcome] ?? 0) + 1;
    else {
      const minute = minuteOf(at);
      const open = minutes.get(minute) ?? { times: [], unheard: at, counts: {} };
      minutes.set(minute, open);
      // What could not be asked tells nothing of its time.
      if (outcome === UNWATCHED) open.unheard = at;
      else open.times.push(at);
      open.counts[outcome] = (open.counts[outcome] ?? 0) + 1;
    }
    if (reading.kind === 'ignored' && reading.canary && at !== undefined)
      canaries.push({ ...reading.canary, state: 'seen', at });
    if (reading.kind === 'doubtful' || reading.kind === 'unusable') {
      const { kind, reason, message } = reading;
      const place = at === undefined ? between(reading.after ?? after, reading.before ?? behind[i]) : { at };
      problems.push({ position, kind, reason, message, ...place });
    }
    after = at ?? after;
  }
  return {
    source,
    from,
    to,
    buckets: [...minutes].map(bucketOf).sort((a, b) => a.minute - b.minute),
    timeless,
    problems: problems.slice(0, PROBLEMS_MAX),
    problemsTotal: problems.length,
    ...(canaries.length > 0 && { canaries }),
  };
}

/** Between which events something without a time was, as far as that is known. */
export const between = (after: Instant | undefined, before: Instant | undefined) => ({
  ...(after !== undefined && { after }),
  ...(before !== undefined && { before }),
});

/** Of each, the time of the nearest one behind it that has one. */
function timesBehind(all: readonly Read[]): (Instant | undefined)[] {
  const times: (Instant | undefined)[] = Array.from({ length: all.length });
  let behind: Instant | undefined;
  for (let i = all.length - 1; i >= 0; i--) {
    times[i] = behind;
    behind = all[i]!.reading.at ?? behind;
  }
  return times;
}
