import type { Coverage, Outcome, SourceCoverage } from '@margay/api-contract';
import {
  isOfFlows,
  lostKnowledge,
  printedSources,
  problemAtEnd,
  type Retirement,
  sourceName,
  type SourceState,
  sourceStates,
  tellsOfTime,
  writtenCanaries,
  type CoverageMark,
} from '@margay/coverage';
import { formatInstant, type Instant } from '@margay/ground';
import type { PrintedSource } from '@margay/runtime/nest';

const BUCKETS = 96;
const PROBLEMS_MAX = 50;

/** How sources are just now, by name, as far as this process sees them itself. */
type Live = Readonly<Record<string, PrintedSource>>;
type Sums = Record<Outcome, number>;
const nothing = (): Sums => ({ kept: 0, ignored: 0, doubtful: 0, unusable: 0 });

function add(sums: Sums, counts: CoverageMark['timeless']): void {
  for (const [outcome, n] of Object.entries(counts)) sums[outcome.split(':')[0] as Outcome] += n;
}

/**
 * What every source delivered, drawn over so many stretches of the time that they span, and how it is.
 *
 * @param lastWindowEnd of the reports that there are; see `sourceStates`.
 * @param retirements what was said of sources that are out of service.
 */
export function coverageOf(
  all: readonly CoverageMark[],
  live: Live = {},
  lastWindowEnd?: Instant,
  retirements: readonly Retirement[] = [],
): Coverage {
  const marks = all.filter(({ source }) => tellsOfTime(source) || lostKnowledge(source) !== undefined);
  const span = spanOf(marks);
  const [flows, audit] = [true, false].map((of) =>
    printedSources(marks.map(({ source }) => source).filter((source) => isOfFlows(source) === of)),
  );
  const states = sourceStates(all, lastWindowEnd, retirements);
  const named = (source: string): string =>
    isOfFlows(source)
      ? flowsName(states.get(source)?.stream ?? flows?.get(source) ?? source)
      : (states.get(source)?.stream ?? audit?.get(source) ?? source);
  const streams = Map.groupBy(marks, ({ source }) => named(source));
  const sources = [...streams].map(([source, of]): SourceCoverage => {
    const own = [...new Set(of.map((mark) => mark.source))];
    const now = own.map((one) => live[liveName(one)]).find((one) => one !== undefined);
    return {
      source,
      ...delivered(of, span),
      ...howItIs(states.get(own[0]!), now, problemOf(of.filter((mark) => mark.source === own.at(-1)))),
    };
  });
  const known = new Set(marks.map(({ source }) => liveName(source)));
  const others = Object.entries(live)
    .filter(([name]) => !known.has(name))
    .map(([source, now]) => ({ source, ...delivered([], span), ...howItIs(undefined, now, undefined) }));
  return {
    from: span === undefined ? null : formatInstant(span.from),
    to: span === undefined ? null : formatInstant(span.to),
    sources: [...sources, ...others],
    servers: writtenCanaries(all),
  };
}

const flowsName = (name: string): string => `flows: ${name}`;

/** As the process that takes what a source delivers calls it. */
const liveName = (source: string): string =>
  isOfFlows(source) ? flowsName(sourceName(source)) : sourceName(source);

/** From the first event to behind the last one. */
interface Span {
  readonly from: Instant;
  readonly to: Instant;
}

function spanOf(marks: readonly CoverageMark[]): Span | undefined {
  const minutes = marks.flatMap(({ buckets }) => buckets);
  if (minutes.length === 0) return undefined;
  const from = minutes.reduce((least, { first }) => Math.min(least, first), Infinity);
  return { from, to: minutes.reduce((most, { last }) => Math.max(most, last), -Infinity) + 1 };
}

/** @param of the marks of one source. */
function delivered(of: readonly CoverageMark[], span: Span | undefined) {
  const own = spanOf(of);
  const drawn = Array.from({ length: span === undefined ? 0 : BUCKETS }, nothing);
  if (span !== undefined) {
    const width = Math.max(1, (span.to - span.from) / BUCKETS);
    for (const { first, counts } of of.flatMap(({ buckets }) => buckets))
      add(drawn[Math.min(BUCKETS - 1, Math.floor((first - span.from) / width))]!, counts);
  }
  const timeless = nothing();
  for (const mark of of) add(timeless, mark.timeless);
  const listed = of
    .flatMap(({ problems }) => problems)
    .sort((a, b) => (b.at ?? 0) - (a.at ?? 0))
    .slice(0, PROBLEMS_MAX);
  return {
    first: own === undefined ? null : formatInstant(own.from),
    last: own === undefined ? null : formatInstant(own.to - 1),
    buckets: drawn,
    timeless,
    problems: {
      total: of.reduce((sum, { problemsTotal }) => sum + problemsTotal, 0),
      listed: listed.map(({ at, reason, message }) => ({
        at: at === undefined ? null : formatInstant(at),
        reason,
        message,
      })),
    },
  };
}

/** Why a source could not be had at the end of its last mark. */
function problemOf(of: readonly CoverageMark[]): string | undefined {
  const last = of.reduce<CoverageMark | undefined>((a, b) => (a && a.to > b.to ? a : b), undefined);
  return last && problemAtEnd(last);
}

/**
 * How a source is.
 *
 * @param state as its marks say, @param now as this process sees it; what this sees counts.
 */
function howItIs(
  state: SourceState | undefined,
  now: PrintedSource | undefined,
  problem: string | undefined,
) {
  const why = now === undefined ? problem : now.problem;
  const seen = new Map((state?.canaries ?? []).map((sight) => [sight.server, sight]));
  for (const [server, sight] of Object.entries(now?.canaries ?? {})) seen.set(server, { server, ...sight });
  return {
    ...(state && rhythmOf(state)),
    proven: state?.proven ?? [],
    toldTwice: state?.toldTwice ?? [],
    canaries: [...seen.values()],
    ...(why !== undefined && { problem: why }),
    ...(now && {
      now: {
        lastDelivery: now.lastDelivery,
        ...(now.lagSeconds !== undefined && { lagSeconds: now.lagSeconds }),
        longestSilenceSeconds: now.longestSilenceSeconds,
      },
    }),
  };
}

const rhythmOf = ({ stream: _, proven: __, toldTwice: ___, canaries: ____, ...rhythm }: SourceState) =>
  rhythm;

/** The same without what could not be read, which may name any object of the cluster: it is counted only. */
export const onlyCounted = (coverage: Coverage): Coverage => ({
  ...coverage,
  sources: coverage.sources.map((source) => ({ ...source, problems: { ...source.problems, listed: [] } })),
});
