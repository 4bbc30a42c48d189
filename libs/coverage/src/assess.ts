import {
  gapsIn,
  type Instant,
  type Interval,
  joined,
  MINUTE,
  minuteOf,
  resourceName,
  type Window,
} from '@margay/ground';
import { deliveriesOf, type Delivery, withRetirements } from './delivery.ts';
import type { Doubt } from './doubt.ts';
import { canaryIgnorance, doubtsAbout, type Ignorance, ignoranceOf, lostIgnorance } from './ignorance.ts';
import { areAllServersProven, unheardServers } from './canary-proof.ts';
import type { CanaryRun } from './canary.ts';
import { worstOf, type Grade } from './grade.ts';
import { type Heard, heardTogether, silencesIn, TOLD } from './heard.ts';
import { isHeard, type CoverageMark } from './mark.ts';
import { allowanceOf, outagesOf, silencesOf, type Outage } from './outage.ts';
import { type Listing, listingsIn } from './listing.ts';
import { believedOf, type Retirement } from './retirement.ts';
import { isOfCanaries, isOfFlows, lostKnowledge, tellsOfTime } from './source.ts';
import { streamsOf, type Stream } from './stream.ts';
import { clockDoubts } from './set-back.ts';
import { unappliedDoubt, type Unapplied } from './unapplied.ts';
import { unwatched } from './watch.ts';
import { withoutRetired } from './without-retired.ts';

/** What of a cluster's time is known beside the marks. */
export interface Known {
  /** What each source delivered, for the window; it follows from the marks where they are all there. */
  readonly deliveries?: readonly Delivery[];
  /** When the cluster was born, where the evidence holds it: before, there was nothing to tell. */
  readonly birth?: Instant;
  /** When the whole state of a kind was seen; what lists among the deliveries say, unless given. */
  readonly listings?: readonly Listing[];
  /** What was delivered and is not in the marks, nor in what stands beside them; nothing unless given. */
  readonly unapplied?: Unapplied;
}

/** One stream, judged for a window. */
export interface JudgedStream {
  readonly stream: Stream;
  readonly grade: Grade;
  /** In the window, in time order. */
  readonly gaps: readonly Interval[];
  /** How long it may be silent, in microseconds; absent where nothing of it has a time. */
  readonly allowed?: number;
  /** The longest silence that touches the window; absent where none is longer than `TOLD`. */
  readonly longest?: Interval;
}

/** What the sources leave open for a window, and how much they tell. */
export interface Assessment {
  readonly streams: readonly JudgedStream[];
  readonly flows: readonly JudgedStream[];
  /** What was lost between the services. */
  readonly lost: readonly Delivery[];
  /** Those that are open at some instant of the window, by since. */
  readonly doubts: readonly Doubt[];
  /** The kinds that are watched. */
  readonly watches: readonly WatchedKind[];
  /** In the window: when something may have happened that nobody told. */
  readonly gaps: readonly Interval[];
  readonly grade: Grade;
  /** What the audit logs tell of the window: who did what, which no watch tells. */
  readonly trail: Trail;
  /** What the writers of canaries say of them. */
  readonly canaries: readonly CanaryRun[];
  /** That streams are retired, where the window goes on behind that; by name, first those that tell of changes. */
  readonly retired: readonly RetiredStream[];
}

/** A stream that somebody said to be out of service. */
export interface RetiredStream {
  readonly stream: Stream;
  readonly retirement: Retirement;
  /** Not where it told something afterwards, or where that was taken back: then it is listed where that leaves a gap in the window. */
  readonly isBelieved: boolean;
}

/** A kind that is followed by list and watch. */
export interface WatchedKind {
  readonly group: string;
  readonly resource: string;
  /** When no watch of it told what happened, up to the end of the window; of the time before that, as far as it was not made good by a list since. */
  readonly blind: readonly Interval[];
}

/** How the audit logs tell what was done in a window, whatever else tells how things were. */
export interface Trail {
  readonly grade: Grade;
  /** In the window: when something may have been done that no log told. */
  readonly gaps: readonly Interval[];
  /** What they did not tell, or what of it could not be used. */
  readonly untold: readonly { readonly message: string }[];
}

/** What makes a gap of a window: when something may have happened that nobody told. */
const MISSING: ReadonlySet<Doubt['reason']> = new Set(['gap', 'beginning', 'watch', 'unapplied']);

/** Judges all that sources delivered, for a window. @param marks at least those that touch it, in any order. */
export function assess(marks: readonly CoverageMark[], window: Window, known: Known = {}): Assessment {
  const {
    deliveries = deliveriesOf(marks, window.end),
    birth = -Infinity,
    listings: listed = listingsIn(deliveries),
    unapplied,
  } = known;
  // What a list shows that came later is of no window before it.
  const listings = listed.filter(({ at }) => at < window.end);
  const bySource = Map.groupBy(marks, ({ source }) => source);
  const lost = deliveries.filter(({ source }) => lostKnowledge(source) !== undefined);
  const told = deliveries.filter(({ source }) => isOfCanaries(source)).flatMap(({ canaries }) => canaries);
  const delivered = deliveries.filter(({ source }) => tellsOfTime(source));
  const reached = lastOf(delivered);
  const judgedOver = (ofFlows: boolean) =>
    servingOf(delivered, ofFlows, told, window.end).map((stream) => {
      const own = stream.sources.flatMap((source) => bySource.get(source) ?? []);
      return judge(stream, own, window, { birth, reached });
    });
  const isThere = ({ stream }: JudgedStream): boolean => !isAbsentIn(stream, window);
  const allJudged = judgedOver(false);
  const all = allJudged.map(({ stream }) => stream);
  const streams = allJudged.filter(isThere);
  const audit = streams.filter(({ stream }) => !isWatch(stream));
  const watched = watchersIn(allJudged);
  const seen = delivered.map(({ canaries }) => canaries);
  const ofCanaries = canaryIgnorance(unheardServers(seen, told), told, window.end);
  // What was lost of one that is gone by now is open all the same.
  const logs = all.filter((stream) => !isWatch(stream));
  const untold = [...ignoranceOf(logs, birth, window.end, reached), ...ofCanaries];
  const lostTime = lostIgnorance(lost, birth);
  const watches = [...watched.values()].map((watchers) => watchedBy(watchers, bySource, birth, window.end));
  const late = unappliedDoubt(
    unapplied,
    streams.map(({ stream }) => stream),
    birth,
  );
  const doubts = openIn(window, [
    ...doubtsAbout({ untold, lost: lostTime, watches, listings, isAudited: logs.length > 0 }),
    ...all.flatMap(clockDoubts),
    ...late,
  ]);
  const missing = doubts.filter(({ reason }) => MISSING.has(reason));
  const gaps = clipped(
    missing.map(({ since, until = Infinity }) => ({ start: since, end: until })),
    window,
  );
  const ofAudit = gradeOfAudit(audit, clipped(ofCanaries, window).length > 0, window);
  const allFlows = judgedOver(true);
  return {
    streams,
    flows: allFlows.filter(isThere),
    lost,
    doubts,
    watches: watches.map(({ kind, outages }) => ({ ...kind, blind: outages })),
    gaps,
    grade: gradeOf({
      watched: [...watched.values()],
      ofAudit,
      isMissing: gaps.length > 0,
      isLate: doubts.some(({ reason }) => reason === 'unapplied'),
    }),
    trail: trailOf(untold, ofAudit, window),
    canaries: told,
    retired: [...allJudged, ...allFlows].flatMap((one) => retiredIn(window, one)),
  };
}

const isWatch = ({ watched }: Stream): boolean => watched !== undefined;

function retiredIn(window: Window, { stream, gaps }: JudgedStream): RetiredStream[] {
  const believed = believedOf(stream);
  if (believed !== undefined)
    return believed.from < window.end ? [{ stream, retirement: believed, isBelieved: true }] : [];
  if (gaps.length === 0 || isAbsentIn(stream, window)) return [];
  const [last] = (stream.retired ?? [])
    .filter(({ from }) => from < window.end)
    .sort((a, b) => b.from - a.from);
  return last === undefined ? [] : [{ stream, retirement: last, isBelieved: false }];
}

/**
 * Each stream, judged for itself as a window is: from its first event up to the last of all of them, or to the end of the last window where
 * that is later.
 *
 * @param marks all of them.
 */
export function assessAlone(
  marks: readonly CoverageMark[],
  lastWindowEnd: Instant,
  retirements: readonly Retirement[],
): JudgedStream[] {
  const deliveries = withRetirements(deliveriesOf(marks), retirements);
  const bySource = Map.groupBy(marks, ({ source }) => source);
  const told = deliveries.filter(({ source }) => isOfCanaries(source)).flatMap(({ canaries }) => canaries);
  const delivered = deliveries.filter(({ source }) => tellsOfTime(source));
  const streams = [true, false].flatMap((ofFlows) => servingOf(delivered, ofFlows, told));
  const until = streams.reduce((latest, { last = -Infinity }) => Math.max(latest, last + 1), lastWindowEnd);
  return streams.map((stream) => {
    const own = stream.sources.flatMap((source) => bySource.get(source) ?? []);
    const start = stream.first ?? until;
    return judge(stream, own, { start, end: until }, { birth: start });
  });
}

/** The streams of deliveries, with what they have to tell. */
const servingOf = (
  delivered: readonly Delivery[],
  ofFlows: boolean,
  told: readonly CanaryRun[],
  until?: Instant,
): Stream[] =>
  withoutRetired(
    streamsOf(
      delivered.filter(({ source }) => isOfFlows(source) === ofFlows),
      told,
      until,
    ),
    told,
  );

/** Until when any of some sources is known to have told of something. */
const lastOf = (deliveries: readonly Delivery[]): Instant =>
  deliveries.reduce((latest, { lastOfAll = -Infinity }) => Math.max(latest, lastOfAll), -Infinity);

/** @param all what the audit logs did not tell, of all time. */
function trailOf(all: readonly Ignorance[], grade: Grade, window: Window): Trail {
  const untold = all.filter((one) => clipped([one], window).length > 0);
  const gaps = clipped(
    untold.filter(({ reason }) => MISSING.has(reason)),
    window,
  );
  return { grade, gaps, untold };
}

/** The doubts that are open at some instant of a window, by since. */
const openIn = (window: Window, doubts: readonly Doubt[]): Doubt[] =>
  doubts
    .filter(({ since, settledAt = Infinity }) => since < window.end && window.start < settledAt)
    .sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1));

/** Those that watch, by kind, also those that are retired: until then the kind was watched by them. */
const watchersIn = (judged: readonly JudgedStream[]): ReadonlyMap<string, readonly JudgedStream[]> =>
  Map.groupBy(
    judged.filter(({ stream }) => isWatch(stream)),
    ({ stream }) => resourceName(stream.watched!),
  );

/** A kind with those that watch it, and when none of them did. */
function watchedBy(
  watchers: readonly JudgedStream[],
  marks: ReadonlyMap<string, readonly CoverageMark[]>,
  birth: Instant,
  until: Instant,
) {
  const streams = watchers.map(({ stream }) => stream);
  return {
    kind: streams[0]!.watched!,
    names: streams.map(({ name }) => name),
    outages: unwatched(streams, marks, birth, until),
  };
}

/** Of the audit logs: proven where each API server is. @param isOneSilent whether canaries say that some of it is not told. */
function gradeOfAudit(audit: readonly JudgedStream[], isOneSilent: boolean, window: Window): Grade {
  const grades = audit.map(({ grade }) => grade);
  const grade = worstOf(isOneSilent ? [...grades, 'gaps'] : grades);
  const seen = audit.map(({ stream }) => stream.canaries);
  return grade === 'proven' && !areAllServersProven(seen, window) ? 'no gap seen' : grade;
}

function gradeOf({
  watched,
  ofAudit,
  isMissing,
  isLate,
}: {
  readonly watched: readonly (readonly JudgedStream[])[];
  readonly ofAudit: Grade;
  readonly isMissing: boolean;
  readonly isLate: boolean;
}): Grade {
  if (watched.length === 0) return isLate ? worstOf([ofAudit, 'gaps']) : ofAudit;
  return isMissing ? 'gaps' : gradeOfWatches(watched, ofAudit);
}

/** Of kinds in which nothing is missing: each is proven by one of its watches, or rests on the audit logs. */
function gradeOfWatches(kinds: readonly (readonly JudgedStream[])[], ofAudit: Grade): Grade {
  const isProven = (watchers: readonly JudgedStream[]) => watchers.some(({ grade }) => grade === 'proven');
  return kinds.every(isProven) ? 'proven' : ofAudit === 'not known' ? 'gaps' : ofAudit;
}

function judge(
  stream: Stream,
  marks: readonly CoverageMark[],
  window: Window,
  { birth, reached }: { readonly birth: Instant; readonly reached?: Instant },
): JudgedStream {
  const outages: readonly Outage[] =
    stream.watched === undefined
      ? [...outagesOf(stream, birth, window.end, reached), ...silencesOf(stream, window.end)]
      : unwatched(
          [stream],
          Map.groupBy(marks, ({ source }) => source),
          birth,
          window.end,
        );
  const untold = clipped(outages, window);
  const gaps = isWatch(stream) ? untold.flatMap((one) => gapsIn(one, stream.absent ?? [])) : untold;
  const allowed = allowanceOf(stream);
  const longest = longestSilence(stream, marks, window, birth);
  return {
    stream,
    grade:
      stream.first === undefined
        ? 'not known'
        : gaps.length > 0
          ? 'gaps'
          : (isWatch(stream) ? untold.length === 0 : isProvenIn(stream, window))
            ? 'proven'
            : 'no gap seen',
    gaps,
    ...(allowed !== undefined && { allowed }),
    ...(longest && { longest }),
  };
}

/** Whether none of its API servers was there in the window: it has nothing to say of it. */
const isAbsentIn = ({ absent = [] }: Stream, window: Window): boolean =>
  absent.length > 0 && gapsIn(window, absent).length === 0;

const isProvenIn = ({ proof }: Stream, window: Window): boolean =>
  proof !== undefined && gapsIn(window, proof.proven).length === 0;

const clipped = (intervals: readonly Interval[], window: Window): Interval[] =>
  joined(intervals)
    .map(({ start, end }) => ({ start: Math.max(start, window.start), end: Math.min(end, window.end) }))
    .filter(({ start, end }) => start < end);

/**
 * The longest silence that touches a window, of those that are longer than `TOLD`: from event to event, from when on the source had
 * something to tell, and up to the window's end where nothing came behind it.
 *
 * @param marks at least those that touch the window, or end in the minute before it.
 */
function longestSilence(
  { rhythm, first, last, absent = [] }: Stream,
  marks: readonly CoverageMark[],
  window: Window,
  birth: Instant,
): Interval | undefined {
  if (first === undefined || last === undefined) return undefined;
  const near = marks
    .flatMap(({ buckets }) => buckets)
    .filter(
      (bucket) =>
        isHeard(bucket) && bucket.minute < window.end && bucket.minute >= minuteOf(window.start) - MINUTE,
    );
  const heard = Map.groupBy(near, ({ minute }) => minute);
  const minutes: Heard[] = [...heard.values()].map((parts) => heardTogether(parts));
  if (last >= window.end) minutes.push({ first: last, last });
  minutes.sort((a, b) => a.first - b.first);
  const short = minutes.flatMap((minute, i) => [
    ...silencesIn(minute),
    ...(i > 0 ? [{ start: minutes[i - 1]!.last, end: minute.first }] : []),
  ]);
  const atEnds = [
    { start: Math.max(window.start, birth), end: first },
    { start: last, end: window.end },
  ];
  return [...rhythm.longest, ...short, ...(absent.length > 0 ? [] : atEnds)]
    .filter(({ start, end }) => start < window.end && window.start < end && end - start > TOLD)
    .reduce<Interval | undefined>(
      (longest, one) => (longest && longest.end - longest.start >= one.end - one.start ? longest : one),
      undefined,
    );
}
