import {
  compareTexts,
  formatInstant,
  gapsIn,
  type Instant,
  type Interval,
  joined,
  MINUTE,
  type Window,
} from '@margay/ground';
import type { Counts, CoverageMark, Problem } from './mark.ts';

/** How many events of a minute were read from more than one place, each further place counted once. */
export interface Repeats {
  readonly minute: Instant;
  readonly count: number;
}

/** What one source delivered, over all that was read of it. */
export interface SourceEvidence {
  readonly source: string;
  readonly lines: number;
  /** Absent where no event of it has a time. */
  readonly firstEvent?: string;
  readonly lastEvent?: string;
}

/** Something that was read and could not be used, or whose effect is not known. */
export interface ListedProblem {
  readonly source: string;
  readonly line: number;
  readonly kind: Problem['kind'];
  readonly reason: string;
  readonly message: string;
}

/** What a report's evidence was made from, and how complete it is. */
export interface Evidence {
  /** True when the sources span the window and every event in it could be used. */
  readonly complete: boolean;
  /** Why not, in sentences; empty when complete. */
  readonly reasons: readonly string[];
  readonly sources: readonly SourceEvidence[];
  /**
   * What became of the events in the minutes that the window touches, and of what has no time. `read` is the sum of
   * the others.
   */
  readonly events: {
    readonly read: number;
    readonly applied: number;
    /** By reason; `duplicate` are events that were read from another place already. */
    readonly ignored: Counts;
    readonly doubtful: Counts;
    readonly unusable: Counts;
  };
  /** The part of the window that the sources span, and the rest of it. */
  readonly covered: readonly { readonly from: string; readonly to: string }[];
  readonly gaps: readonly { readonly from: string; readonly to: string }[];
  readonly problems: { readonly total: number; readonly listed: readonly ListedProblem[] };
}

/** How many problems the evidence lists; all are counted. */
export const LISTED_MAX = 200;

/**
 * The evidence for a window from all marks, in whatever order they come.
 *
 * Counts are exact to the minute: an event counts when the window touches its minute. A source spans what lies between
 * its first and its last event; silence before and after is not known to be silence.
 */
export function evidenceFor(
  marks: readonly CoverageMark[],
  repeats: readonly Repeats[],
  window: Window,
): Evidence {
  const touches = (minute: Instant) => minute < window.end && window.start < minute + MINUTE;
  const counts: Record<string, number> = {};
  const add = (more: Counts) => {
    for (const [outcome, n] of Object.entries(more)) counts[outcome] = (counts[outcome] ?? 0) + n;
  };
  const spans = new Map<string, { first: Instant; last: Instant; lines: number }>();
  const problems: ListedProblem[] = [];
  let problemsTotal = 0;
  for (const { source, from, to, buckets, timeless, problems: found, problemsTotal: all } of marks) {
    const span = spans.get(source) ?? { first: Infinity, last: -Infinity, lines: 0 };
    spans.set(source, span);
    span.lines += to - from;
    add(timeless);
    for (const { minute, first, last, counts: some } of buckets) {
      span.first = Math.min(span.first, first);
      span.last = Math.max(span.last, last);
      if (touches(minute)) add(some);
    }
    const here = found.filter(({ at }) => at === undefined || touches(at - (at % MINUTE)));
    problemsTotal += here.length + (all - found.length);
    problems.push(
      ...here.map(({ position: line, kind, reason, message }) => ({ source, line, kind, reason, message })),
    );
  }
  const duplicate = repeats
    .filter(({ minute }) => touches(minute))
    .reduce((sum, { count }) => sum + count, 0);
  const of = (kind: string): Record<string, number> =>
    Object.fromEntries(
      Object.entries(counts)
        .filter(([outcome]) => outcome.startsWith(`${kind}:`))
        .map(([outcome, n]) => [outcome.slice(kind.length + 1), n] as const)
        .sort(([a], [b]) => compareTexts(a, b)),
    );
  const ignored = { ...of('ignored'), ...(duplicate > 0 && { duplicate }) };
  const doubtful = of('doubtful');
  const unusable = of('unusable');
  const intervals = [...spans.values()]
    .filter(({ first }) => first !== Infinity)
    .map(({ first, last }) => ({ start: first, end: last + 1 }));
  const covered = joined(intervals)
    .map(({ start, end }) => ({ start: Math.max(start, window.start), end: Math.min(end, window.end) }))
    .filter(({ start, end }) => start < end);
  const gaps = gapsIn(window, covered);
  const reasons = [
    ...(spans.size === 0 ? ['No audit log was read.'] : gaps.map(gapSentence)),
    ...countSentence(doubtful, 'whose effect is not known'),
    ...countSentence(unusable, 'that could not be used'),
  ];
  return {
    complete: reasons.length === 0,
    reasons,
    sources: [...spans]
      .sort(([a], [b]) => compareTexts(a, b))
      .map(([source, { first, last, lines }]) => ({
        source,
        lines,
        ...(first !== Infinity && { firstEvent: formatInstant(first), lastEvent: formatInstant(last) }),
      })),
    events: {
      read: Object.values(counts).reduce((sum, n) => sum + n, 0),
      applied: (counts['kept'] ?? 0) - duplicate,
      ignored,
      doubtful,
      unusable,
    },
    covered: covered.map(printed),
    gaps: gaps.map(printed),
    problems: {
      total: problemsTotal,
      listed: problems
        .sort((a, b) => compareTexts(a.source, b.source) || a.line - b.line)
        .slice(0, LISTED_MAX),
    },
  };
}

const printed = ({ start, end }: Interval) => ({ from: formatInstant(start), to: formatInstant(end) });

const gapSentence = ({ start, end }: Interval) =>
  `No source is known to have delivered anything from ${formatInstant(start)} to ${formatInstant(end)}.`;

function countSentence(counts: Counts, what: string): string[] {
  const n = Object.values(counts).reduce((sum, one) => sum + one, 0);
  return n === 0 ? [] : [`There ${n === 1 ? 'is 1 event' : `are ${n} events`} ${what}: see the problems.`];
}
