import {
  compareTexts,
  formatInstant,
  gapsIn,
  type Instant,
  type Interval,
  joined,
  MINUTE,
  minuteOf,
  type Window,
} from '@margay/ground';
import type { Counts, CoverageMark, Problem } from './mark.ts';
import { isOfFlows, printedSources } from './source.ts';

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

/** What one flow log delivered, over all that was read of it. */
export interface FlowSourceEvidence {
  readonly source: string;
  readonly lines: number;
  /** When the first and the last flow of it began; absent where there is none. */
  readonly firstFlow?: string;
  readonly lastFlow?: string;
}

/** What the flow logs delivered: apart, since what is said of completeness is about audit logs. */
export interface FlowEvidence {
  readonly sources: readonly FlowSourceEvidence[];
  /**
   * Records in the minutes that the window touches, and those without a time: `read` is how many there were, and of those
   * `ignored` said nothing of who talked to whom, of `doubtful` ones it is not known what they left out, and `unusable` ones
   * could not be read.
   */
  readonly read: number;
  readonly ignored: number;
  readonly doubtful: number;
  readonly unusable: number;
  readonly problems: { readonly total: number; readonly listed: readonly ListedProblem[] };
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
  readonly flows: FlowEvidence;
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
  const touches = touching(window);
  const [flowMarks, auditMarks] = [marks.filter(isOfFlow), marks.filter((mark) => !isOfFlow(mark))];
  const { counts, spans, problems } = tallyOf(auditMarks, touches);
  const duplicate = repeats
    .filter(({ minute }) => touches(minute))
    .reduce((sum, { count }) => sum + count, 0);
  const of = (kind: string) => reasonsOf(counts, kind);
  const ignored = { ...of('ignored'), ...(duplicate > 0 && { duplicate }) };
  const doubtful = of('doubtful');
  const unusable = of('unusable');
  const intervals = spans
    .filter(({ first }) => first !== Infinity)
    .map(({ first, last }) => ({ start: first, end: last + 1 }));
  const covered = joined(intervals)
    .map(({ start, end }) => ({ start: Math.max(start, window.start), end: Math.min(end, window.end) }))
    .filter(({ start, end }) => start < end);
  const gaps = gapsIn(window, covered);
  const reasons = [
    ...(spans.length === 0 ? ['No audit log was read.'] : gaps.map(gapSentence)),
    ...countSentence(doubtful, 'whose effect is not known'),
    ...countSentence(unusable, 'that could not be used'),
  ];
  return {
    complete: reasons.length === 0,
    reasons,
    sources: spans.map(({ source, first, last, lines }) => ({
      source,
      lines,
      ...(first !== Infinity && { firstEvent: formatInstant(first), lastEvent: formatInstant(last) }),
    })),
    events: {
      read: total(counts),
      applied: (counts['kept'] ?? 0) - duplicate,
      ignored,
      doubtful,
      unusable,
    },
    covered: covered.map(printed),
    gaps: gaps.map(printed),
    problems,
    flows: flowEvidence(flowMarks, touches),
  };
}

const isOfFlow = ({ source }: CoverageMark): boolean => isOfFlows(source);

function flowEvidence(marks: readonly CoverageMark[], touches: Touches): FlowEvidence {
  const { counts, spans, problems } = tallyOf(marks, touches);
  return {
    sources: spans.map(({ source, first, last, lines }) => ({
      source,
      lines,
      ...(first !== Infinity && { firstFlow: formatInstant(first), lastFlow: formatInstant(last) }),
    })),
    read: total(counts),
    ignored: total(reasonsOf(counts, 'ignored')),
    doubtful: total(reasonsOf(counts, 'doubtful')),
    unusable: total(reasonsOf(counts, 'unusable')),
    problems,
  };
}

/** Whether a minute, by its first instant, has a part in the window. */
type Touches = (minute: Instant) => boolean;

const touching =
  ({ start, end }: Window): Touches =>
  (minute) =>
    minute < end && start < minute + MINUTE;

interface Span {
  readonly source: string;
  first: Instant;
  last: Instant;
  lines: number;
}

/** The sum of marks: outcomes in the window and without a time, sources and problems as printed and in their order. */
function tallyOf(marks: readonly CoverageMark[], touches: Touches) {
  const printedAs = printedSources(marks.map(({ source }) => source));
  const counts: Record<string, number> = {};
  const add = (more: Counts) => {
    for (const [outcome, n] of Object.entries(more)) counts[outcome] = (counts[outcome] ?? 0) + n;
  };
  const spans = new Map<string, Span>();
  const listed: ListedProblem[] = [];
  let problemsTotal = 0;
  for (const {
    source: from,
    to,
    from: start,
    buckets,
    timeless,
    problems: found,
    problemsTotal: all,
  } of marks) {
    const source = printedAs.get(from) ?? from;
    const span = spans.get(source) ?? { source, first: Infinity, last: -Infinity, lines: 0 };
    spans.set(source, span);
    span.lines += to - start;
    add(timeless);
    for (const { minute, first, last, counts: some } of buckets) {
      span.first = Math.min(span.first, first);
      span.last = Math.max(span.last, last);
      if (touches(minute)) add(some);
    }
    const here = found.filter(({ at }) => at === undefined || touches(minuteOf(at)));
    problemsTotal += here.length + (all - found.length);
    for (const { position: line, kind, reason, message } of here)
      listed.push({ source, line, kind, reason, message });
  }
  return {
    counts: counts as Counts,
    spans: [...spans.values()].sort((a, b) => compareTexts(a.source, b.source)),
    problems: {
      total: problemsTotal,
      listed: listed.sort((a, b) => compareTexts(a.source, b.source) || a.line - b.line).slice(0, LISTED_MAX),
    },
  };
}

/** How often each reason of a kind came, sorted. */
const reasonsOf = (counts: Counts, kind: string): Counts =>
  Object.fromEntries(
    Object.entries(counts)
      .filter(([outcome]) => outcome.startsWith(`${kind}:`))
      .map(([outcome, n]) => [outcome.slice(kind.length + 1), n] as const)
      .sort(([a], [b]) => compareTexts(a, b)),
  );

const total = (counts: Counts): number => Object.values(counts).reduce((sum, n) => sum + n, 0);

const printed = ({ start, end }: Interval) => ({ from: formatInstant(start), to: formatInstant(end) });

const gapSentence = ({ start, end }: Interval) =>
  `No source is known to have delivered anything from ${formatInstant(start)} to ${formatInstant(end)}.`;

function countSentence(counts: Counts, what: string): string[] {
  const n = total(counts);
  return n === 0 ? [] : [`There ${n === 1 ? 'is 1 event' : `are ${n} events`} ${what}: see the problems.`];
}
