import {
  compareTexts,
  formatInstant,
  gapsIn,
  type Instant,
  type Interval,
  joined,
  MINUTE,
  minuteOf,
  parseInstant,
  type Window,
} from '@margay/ground';
import {
  assess,
  type Assessment,
  type JudgedStream,
  type Known,
  type RetiredStream,
  type Trail,
} from './assess.ts';
import { canaryEvidence, type ServerEvidence } from './canary-evidence.ts';
import type { Doubt } from './doubt.ts';
import { isWhole, worstOf, type Grade } from './grade.ts';
import { totalOf, type Counts, type CoverageMark, type Problem } from './mark.ts';
import type { Retirement } from './retirement.ts';
import { isOfWindow } from './set-back.ts';
import { isOfFlows, lostKnowledge, printedSources, tellsOfTime } from './source.ts';
import { tiled } from './tiles.ts';
import { unappliedFrom, unappliedWords, type Unapplied } from './unapplied.ts';

/** How many events of a minute were read from more than one place, each further place counted once. */
export interface Repeats {
  readonly minute: Instant;
  readonly count: number;
}

/** `[from, to)` as RFC 3339 texts. */
export interface PrintedInterval {
  readonly from: string;
  readonly to: string;
}

/** How a source delivered, for a window. */
export interface PrintedRhythm {
  readonly grade: Grade;
  /** When it is not known to have delivered, in the window. */
  readonly gaps: readonly PrintedInterval[];
  /** The longest silence that touches the window; absent where none is longer than a second. */
  readonly longestSilence?: PrintedInterval & { readonly seconds: number };
  /** Longer silences are gaps; in seconds. Absent where nothing of it has a time. */
  readonly allowedSilence?: number;
}

/**
 * What one source delivered, as far as the window is concerned: up to the last minute that it touches. A log that was rotated is one, with
 * all of its files.
 */
export interface SourceEvidence extends PrintedRhythm {
  readonly source: string;
  /** How many events, and how much that has no time. */
  readonly lines: number;
  /** Absent where no event of it has a time. */
  readonly firstEvent?: string;
  /** Where it went on behind the window, the first event there. */
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

/** What one flow log delivered, as far as the window is concerned: up to the last minute that it touches. */
export interface FlowSourceEvidence extends PrintedRhythm {
  readonly source: string;
  readonly lines: number;
  /** When the first and the last flow of it began, the first one behind the window where there is one; absent where there is none. */
  readonly firstFlow?: string;
  readonly lastFlow?: string;
}

/** What the flow logs delivered. */
export interface FlowEvidence {
  /** Of all of them; `not known` where nothing was read. */
  readonly grade: Grade;
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

/** Who said that a source is out of service, when, why, and from when on it tells nothing. */
export interface PrintedRetirement {
  readonly from: string;
  readonly said: string;
  readonly by: string;
  readonly because: string;
  /** Who said later that this was wrong, when, and why, so that its silence counts as ever. */
  readonly takenBack?: { readonly said: string; readonly by: string; readonly because: string };
}

/** A source that is out of service, as somebody said. */
export interface RetiredSource extends PrintedRetirement {
  readonly source: string;
  readonly of: 'changes' | 'flows';
  /** Where it told something afterwards, so that its silence counts as ever. */
  readonly toldAgain?: true;
}

/** What a report's evidence was made from, and how complete it is. */
export interface Evidence {
  /** Of the whole: no better than its worst source. */
  readonly grade: Grade;
  /** True where the grade is `proven` or `no gap seen`, and the sources leave nothing of the window open. */
  readonly complete: boolean;
  /** Why not, in sentences; empty when complete. At most `REASONS_MAX`, the last of which says how many more there are. */
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
  /** The part of the window that was told, and the rest of it. */
  readonly covered: readonly PrintedInterval[];
  readonly gaps: readonly PrintedInterval[];
  readonly problems: { readonly total: number; readonly listed: readonly ListedProblem[] };
  readonly flows: FlowEvidence;
  /** API servers through which canaries were written, or of which some came; absent where there is none. */
  readonly canaries?: readonly ServerEvidence[];
  /** Sources that somebody said to be out of service before the window was over; absent where there is none. */
  readonly retired?: readonly RetiredSource[];
}

/** How many problems the evidence lists; all are counted. */
export const LISTED_MAX = 200;
/** How many reasons it gives. */
export const REASONS_MAX = 50;

/** What is asked of the evidence, beside the window. */
export interface Asked extends Known {
  /** Who talked to whom is part of the report: then flow logs that are given have to be whole, too. */
  readonly ofTraffic?: boolean;
  /** Who did what is what the report lists: then the audit logs have to be whole, however well a watch tells how things were. */
  readonly ofTrail?: boolean;
}

/** What the sources leave open at some instant of a window, by since. @param marks at least those that touch the window. */
export function doubtsFor(
  marks: readonly CoverageMark[],
  window: Window,
  known: Known = {},
): readonly Doubt[] {
  return assess(marks, window, known).doubts;
}

/** The same, with the kinds that are watched, and when they were not. */
export function leftOpenFor(
  marks: readonly CoverageMark[],
  window: Window,
  known: Known = {},
): Pick<Assessment, 'doubts' | 'watches'> {
  const { doubts, watches } = assess(marks, window, known);
  return { doubts, watches };
}

/**
 * The evidence for a window, from the marks that touch it, in whatever order they come.
 *
 * Counts are exact to the minute: an event counts when the window touches its minute, and something without a time when the
 * time between its neighbours does.
 */
export function evidenceFor(
  marks: readonly CoverageMark[],
  repeats: readonly Repeats[],
  window: Window,
  asked: Asked = {},
): Evidence {
  const touches = touching(window);
  const assessment = assess(marks, window, asked);
  const { counts, problems } = tallyOf(
    tiled(marks.filter(({ source }) => !isOfFlows(source) && tellsOfTime(source))),
    [...assessment.streams, ...lostOf(assessment, false)],
    touches,
  );
  const duplicate = repeats
    .filter(({ minute }) => touches(minute, minute))
    .reduce((sum, { count }) => sum + count, 0);
  const of = (kind: string) => reasonsOf(counts, kind);
  const ignored = { ...of('ignored'), ...(duplicate > 0 && { duplicate }) };
  const doubtful = of('doubtful');
  const unusable = of('unusable');
  const flows = flowEvidence(marks, assessment, touches);
  const late = asked.ofTraffic ? lateFlows(asked.unapplied, assessment.flows, window) : [];
  const trail = asked.ofTrail && isWatched(assessment) ? assessment.trail : undefined;
  const reasons = limited([
    ...new Set(
      [...assessment.doubts.filter((doubt) => isOfWindow(doubt, window)), ...(trail?.untold ?? [])].map(
        ({ message }) => message,
      ),
    ),
    ...lostReasons(assessment, touches),
    ...(asked.ofTraffic ? flowReasons(flows) : []),
    ...late,
  ]);
  const canaries = canaryEvidence(assessment, window);
  const { grade, gaps } = gradedWith(assessment, trail, asked.ofTraffic ? flows : undefined, late.length > 0);
  return {
    grade,
    complete: isWhole(grade) && reasons.length === 0,
    reasons,
    sources: assessment.streams.map(({ stream, ...judged }) => ({
      source: stream.name,
      lines: stream.lines,
      ...(stream.first !== undefined && {
        firstEvent: formatInstant(stream.first),
        lastEvent: formatInstant(stream.last!),
      }),
      ...printedRhythm(judged),
    })),
    events: {
      read: totalOf(counts),
      applied: (counts['kept'] ?? 0) - duplicate,
      ignored,
      doubtful,
      unusable,
    },
    covered: gapsIn(window, gaps).map(printed),
    gaps: gaps.map(printed),
    problems,
    flows,
    ...(canaries.length > 0 && { canaries }),
    ...(assessment.retired.length > 0 && { retired: assessment.retired.map(printedRetired) }),
  };
}

export const printedRetirement = ({ from, said, by, because, takenBack }: Retirement): PrintedRetirement => ({
  from: formatInstant(from),
  said: formatInstant(said),
  by,
  because,
  ...(takenBack && { takenBack: { ...takenBack, said: formatInstant(takenBack.said) } }),
});

const printedRetired = ({ stream, retirement, isBelieved }: RetiredStream): RetiredSource => ({
  source: stream.name,
  of: isOfFlows(stream.sources[0]!) ? 'flows' : 'changes',
  ...printedRetirement(retirement),
  ...(!isBelieved && retirement.takenBack === undefined && { toldAgain: true }),
});

/** That flows were not applied, where they may be of the window. */
function lateFlows(
  unapplied: Unapplied | undefined,
  flows: readonly JudgedStream[],
  { end }: Window,
): string[] {
  if (unapplied === undefined || unapplied.flows === 0) return [];
  const from = unappliedFrom(
    flows.map(({ stream }) => stream),
    -Infinity,
  );
  return from < end ? [unappliedWords(unapplied.flows, unapplied.before)] : [];
}

/** Without a watch the audit logs tell everything, and what they leave open is among the doubts. */
const isWatched = ({ streams }: Assessment): boolean =>
  streams.some(({ stream }) => stream.watched !== undefined);

/**
 * The grade of the whole, with that of the audit logs and of the flow logs where they matter, of the latter if there are any.
 *
 * @param isLate some flows are missing.
 */
function gradedWith(
  { grade, gaps }: Assessment,
  trail: Trail | undefined,
  flows: FlowEvidence | undefined,
  isLate: boolean,
) {
  const ofFlows = flows === undefined || flows.sources.length === 0 ? [] : [flows.grade];
  const ofTrail = trail === undefined ? [] : [trail.grade];
  return {
    grade: worstOf([grade, ...ofTrail, ...ofFlows, ...(isLate ? (['gaps'] as const) : [])]),
    gaps: trail === undefined ? gaps : joined([...gaps, ...trail.gaps]),
  };
}

function flowEvidence(
  marks: readonly CoverageMark[],
  assessment: Assessment,
  touches: Touches,
): FlowEvidence {
  const { flows: streams } = assessment;
  const { counts, problems } = tallyOf(
    tiled(marks.filter(({ source }) => isOfFlows(source))),
    [...streams, ...lostOf(assessment, true)],
    touches,
  );
  return {
    grade: worstOf(streams.map(({ grade }) => grade)),
    sources: streams.map(({ stream, ...judged }) => ({
      source: stream.name,
      lines: stream.lines,
      ...(stream.first !== undefined && {
        firstFlow: formatInstant(stream.first),
        lastFlow: formatInstant(stream.last!),
      }),
      ...printedRhythm(judged),
    })),
    read: totalOf(counts),
    ignored: totalOf(reasonsOf(counts, 'ignored')),
    doubtful: totalOf(reasonsOf(counts, 'doubtful')),
    unusable: totalOf(reasonsOf(counts, 'unusable')),
    problems,
  };
}

/** What was lost between the services, as streams of which nothing but that is known. */
const lostOf = ({ lost }: Assessment, ofFlows: boolean): { stream: TalliedStream }[] =>
  lost
    .filter(({ source }) => isOfFlows(source) === ofFlows)
    .map(({ source, timeless, unread }) => ({ stream: { sources: [source], timeless, unread } }));

/** Who changed what may be missing from lists where a message that told it is lost. */
function lostReasons({ lost }: Assessment, touches: Touches): string[] {
  const count = lost
    .filter(({ source }) => lostKnowledge(source) === 'trail')
    .flatMap(({ unread }) => unread)
    .filter(({ after = -Infinity, before = Infinity }) => touches(after, before))
    .reduce((sum, { counts }) => sum + totalOf(counts), 0);
  return sentenceOf(
    count,
    'message',
    'about who changed what that are lost, so that changes may be missing from lists',
  );
}

function flowReasons({ sources, doubtful, unusable }: FlowEvidence): string[] {
  return [
    ...sources
      .filter(({ grade }) => !isWhole(grade))
      .map(({ source, gaps }) =>
        gaps.length === 0
          ? `Nothing that ${source} delivered is a flow with a time: who talked to whom is not known.`
          : `${source} is not known to have told who talked to whom${gaps
              .slice(0, 3)
              .map(({ from, to }) => ` from ${from} to ${to}`)
              .join(',')}${gaps.length > 3 ? ' and at other times' : ''}.`,
      ),
    ...sentenceOf(doubtful, 'flow record', 'that left out others'),
    ...sentenceOf(unusable, 'flow record', 'that could not be used'),
  ];
}

export const printedRhythm = ({
  grade,
  gaps,
  longest,
  allowed,
}: Omit<JudgedStream, 'stream'>): PrintedRhythm => ({
  grade,
  gaps: gaps.map(printed),
  ...(longest && {
    longestSilence: { ...printed(longest), seconds: inSeconds(longest.end - longest.start) },
  }),
  ...(allowed !== undefined && { allowedSilence: inSeconds(allowed) }),
});

const inSeconds = (length: number) => Math.round(length / 1_000) / 1_000;

function limited(reasons: readonly string[]): readonly string[] {
  if (reasons.length <= REASONS_MAX) return reasons;
  const told = reasons.slice(0, REASONS_MAX - 1);
  return [...told, `There are ${reasons.length - told.length} more reasons.`];
}

/** Whether the window touches a minute that `[first, last]` touches. */
type Touches = (first: Instant, last: Instant) => boolean;

const touching =
  ({ start, end }: Window): Touches =>
  (first, last) =>
    minuteOf(first) < end && start < minuteOf(last) + MINUTE;

/** What of a stream is summed up. */
type TalliedStream = Pick<JudgedStream['stream'], 'sources' | 'timeless' | 'unread'>;

/** The sum of marks and of what has no time: outcomes in the window, and its problems as printed and in their order. */
function tallyOf(
  marks: readonly CoverageMark[],
  streams: readonly { readonly stream: TalliedStream }[],
  touches: Touches,
) {
  const sources = streams.flatMap(({ stream }) => stream.sources);
  const printedAs = printedSources([...sources, ...marks.map(({ source }) => source)]);
  const counts: Record<string, number> = {};
  const add = (more: Counts) => {
    for (const [outcome, n] of Object.entries(more)) counts[outcome] = (counts[outcome] ?? 0) + n;
  };
  const listed: ListedProblem[] = [];
  let problemsTotal = 0;
  const list = (source: string, { position: line, kind, reason, message }: Problem) => {
    listed.push({ source: printedAs.get(source) ?? source, line, kind, reason, message });
  };
  for (const { source, buckets, problems } of marks) {
    for (const { minute, counts: some } of buckets) {
      if (!touches(minute, minute)) continue;
      add(some);
      problemsTotal += problemsOf(some);
    }
    for (const problem of problems)
      if (problem.at !== undefined && touches(problem.at, problem.at)) list(source, problem);
  }
  for (const { stream } of streams) {
    add(stream.timeless);
    for (const { source, after = -Infinity, before = Infinity, counts: some, problems } of stream.unread) {
      if (!touches(after, before)) continue;
      add(some);
      problemsTotal += totalOf(some);
      for (const problem of problems) list(source, problem);
    }
  }
  return {
    counts: counts as Counts,
    problems: {
      total: problemsTotal,
      listed: listed.sort((a, b) => compareTexts(a.source, b.source) || a.line - b.line).slice(0, LISTED_MAX),
    },
  };
}

const isProblem = (outcome: string): boolean => /^(unusable|doubtful):/.test(outcome);

const problemsOf = (counts: Counts): number =>
  totalOf(Object.fromEntries(Object.entries(counts).filter(([outcome]) => isProblem(outcome))));

/** How often each reason of a kind came, sorted. */
const reasonsOf = (counts: Counts, kind: string): Counts =>
  Object.fromEntries(
    Object.entries(counts)
      .filter(([outcome]) => outcome.startsWith(`${kind}:`))
      .map(([outcome, n]) => [outcome.slice(kind.length + 1), n] as const)
      .sort(([a], [b]) => compareTexts(a, b)),
  );

export const printed = ({ start, end }: Interval) => ({ from: formatInstant(start), to: formatInstant(end) });

/** An interval as it was printed, without end where a time is absent. */
export const readInterval = ({
  from,
  to,
}: { readonly [each in keyof PrintedInterval]?: string | undefined }): Interval => ({
  start: parseInstant(from) ?? -Infinity,
  end: parseInstant(to) ?? Infinity,
});

const sentenceOf = (n: number, thing: string, what: string): string[] =>
  n === 0 ? [] : [`There ${n === 1 ? `is 1 ${thing}` : `are ${n} ${thing}s`} ${what}: see the problems.`];
