import { compareTexts, type Instant, type Interval, resourceName, SECOND } from '@margay/ground';
import { absencesOf } from './canary-absence.ts';
import { canaryProofOf, type CanaryProof } from './canary-proof.ts';
import { CanaryRuns } from './canary-runs.ts';
import type { CanaryRun } from './canary.ts';
import { sumOf, type Delivery, type Unread } from './delivery.ts';
import type { SetBack } from './mark.ts';
import { joinedRhythms } from './rhythm.ts';
import { fileName, isOfFlows, printedSources, setsOf, sourceName, watchedKind } from './source.ts';

/**
 * What delivers events as one: a webhook, a watch, a log with the files that it was rotated into. Each has to deliver all the
 * time: what one of two API servers has done is in its own log alone.
 */
export interface Stream extends Omit<Delivery, 'source'> {
  /** As printed, different from the others. */
  readonly name: string;
  /** Its sources, in time order. */
  readonly sources: readonly string[];
  /** What it watches, where it is a watch. */
  readonly watched?: { readonly group: string; readonly resource: string };
  /** What canaries say of it. */
  readonly proof?: CanaryProof;
  /** What its files tell behind later times, within each and between two. */
  readonly setBack: readonly SetBack[];
  /** When there was none of the API servers whose canaries it delivers, and from when on it is retired, in time order. */
  readonly absent?: readonly Interval[];
}

/** What streams tell of: audit logs are one sort, flow logs another one, and so are the watches of each kind. */
export const sortOf = ({ sources, watched }: Stream): string =>
  watched !== undefined ? `watch of ${resourceName(watched)}` : isOfFlows(sources[0]!) ? 'flows' : 'audit';

/** Unless it is known which file goes on from which, files of one log may overlap by this much: API servers write what they do at once in no strict order. */
const OVERLAP_MAX = SECOND;

/**
 * The streams that deliveries make, by name. Files are one where rotation could have named them, and it is known which goes on from which,
 * or none began before the one before it ended: the logs of two API servers cover the same time.
 *
 * @param deliveries all of audit events, or all of flows.
 * @param told what the writers of canaries say of them.
 * @param until the end of the window that they are for: files that follow one which goes on behind it are left out.
 */
export function streamsOf(
  deliveries: readonly Delivery[],
  told: readonly CanaryRun[] = [],
  until: Instant = Infinity,
): Stream[] {
  const sets = setsOf(deliveries.flatMap(({ source }) => fileName(source) ?? []));
  const setOf = (source: string) => sets.get(fileName(source) ?? '');
  const bySet = Map.groupBy(deliveries, ({ source }) => setOf(source));
  const chains = [...bySet].flatMap(([set, some]) =>
    set === undefined ? some.map((one) => [one]) : chainsOf(some).map((chain) => upTo(chain, until)),
  );
  const printed = printedSources(chains.flatMap((chain) => chain.map(({ source }) => source)));
  const names = Map.groupBy(chains, (chain) => setOf(chain[0]!.source) ?? '');
  return chains
    .map((chain): Stream => {
      const [{ source }] = chain as [Delivery];
      const called = new Set(chain.map((part) => sourceName(part.source)));
      // Where all files were given one name, that is what they are called.
      const set = called.size === 1 ? sourceName(source) : setOf(source);
      const isOnly = set !== undefined && names.get(setOf(source) ?? '')?.length === 1;
      const own = printed.get(chain.at(-1)!.source) ?? source;
      const stream = joinedDeliveries(chain.length > 1 && isOnly ? set : own, chain);
      return stream.canaries.length === 0
        ? stream
        : {
            ...stream,
            proof: canaryProofOf(stream.canaries, told),
            absent: absencesOf(new Set(stream.canaries.map(({ server }) => server)), told),
          };
    })
    .sort((a, b) => compareTexts(a.name, b.name));
}

/** The files of a chain up to the first that goes on behind an instant, and those behind it that tell of a time before. */
function upTo(chain: readonly Delivery[], until: Instant): Delivery[] {
  const behind = chain.findIndex(({ last = -Infinity }) => last >= until);
  return chain.filter(({ first = Infinity }, i) => behind === -1 || i <= behind || first < until);
}

/** Files that follow one another, each chain in their order. What has no time, and of which that is not known, stands in the first. */
function chainsOf(files: readonly Delivery[]): Delivery[][] {
  const chains: Delivery[][] = [];
  const [timed, timeless] = [true, false].map((isTimed) =>
    linked(files).filter((row) => row.some(({ first }) => first !== undefined) === isTimed),
  ) as [Delivery[][], Delivery[][]];
  timed.sort(
    (a, b) => firstOf(a) - firstOf(b) || endOf(a) - endOf(b) || compareTexts(a[0]!.source, b[0]!.source),
  );
  for (const row of timed) {
    const before = chains
      .filter((chain) => endOf(chain) <= firstOf(row) + OVERLAP_MAX)
      .sort((a, b) => endOf(b) - endOf(a));
    const [nearest] = before;
    if (nearest) nearest.push(...row);
    else chains.push(row);
  }
  if (timeless.length > 0) chains.splice(0, 1, [...timeless.flat(), ...(chains[0] ?? [])]);
  return chains;
}

/** Files of which it is known that each goes on from the one before it. */
function linked(files: readonly Delivery[]): Delivery[][] {
  const sources = new Map(files.map((file) => [file.source, file]));
  const next = new Map<Delivery, Delivery>();
  const begun = new Set(files);
  for (const file of files) {
    const before = sources.get(file.goesOnFrom ?? '');
    // Of two that say so of one file, the other one is another reader's.
    if (before === undefined || before === file || next.has(before)) continue;
    next.set(before, file);
    begun.delete(file);
  }
  const rows = [...begun].map((first) => {
    const row = [first];
    for (let one = next.get(first); one; one = next.get(one)) row.push(one);
    return row;
  });
  // Those that go on from one another in a circle have no first.
  const known = new Set(rows.flat());
  return [...rows, ...files.filter((file) => !known.has(file)).map((file) => [file])];
}

const firstOf = (row: readonly Delivery[]): Instant =>
  row.reduce((least, { first = Infinity }) => Math.min(least, first), Infinity);

const endOf = (row: readonly Delivery[]): Instant =>
  row.reduce((latest, one) => Math.max(latest, lastOf(one)), -Infinity);

/** Of all of its time: logs of two API servers are two, wherever a window ends. */
const lastOf = ({ lastOfAll = -Infinity }: Delivery): Instant => lastOfAll;

function joinedDeliveries(name: string, parts: readonly Delivery[]): Stream {
  const canaries = new CanaryRuns();
  for (const run of parts.flatMap((part) => part.canaries)) canaries.add(run);
  const timed = parts.filter(({ first }) => first !== undefined);
  const between = timed.slice(1).map(({ first }, i) => ({ start: timed[i]!.last!, end: first! }));
  const watched = watchedKind(parts[0]!.source);
  const retired = parts.flatMap((part) => part.retired ?? []);
  return {
    name,
    sources: parts.map(({ source }) => source),
    lines: parts.reduce((sum, { lines }) => sum + lines, 0),
    ...(timed.length > 0 && {
      first: firstOf(timed),
      last: timed.reduce((last, part) => Math.max(last, part.last!), -Infinity),
      lastOfAll: endOf(timed),
    }),
    rhythm: joinedRhythms(
      parts.map(({ rhythm }) => rhythm),
      between,
    ),
    learnt: parts.reduce((sum, { learnt }) => sum + learnt, 0),
    timeless: sumOf(...parts.map(({ timeless }) => timeless)),
    unread: parts.flatMap((part) => part.unread.map((unread) => within(unread, part, timed))),
    canaries: canaries.all(),
    setBack: [
      ...parts.flatMap((part) => part.setBack),
      ...between
        .filter(({ start, end }) => start > end + OVERLAP_MAX)
        .map(({ start, end }) => ({ start: end, end: start, until: start + 1 })),
    ],
    ...(watched && !isOfFlows(parts[0]!.source) && { watched }),
    ...(retired.length > 0 && { retired }),
  };
}

/** What stands at an end of a file stands between it and the next one. */
function within(unread: Unread, part: Delivery, timed: readonly Delivery[]): Unread {
  const i = timed.indexOf(part);
  const [before, behind] = [timed[i - 1], timed[i + 1]];
  return inTime({
    ...unread,
    ...(unread.after === undefined && i > 0 && { after: before!.last! }),
    ...(unread.before === undefined && i >= 0 && behind && { before: behind.first! }),
  });
}

/** Where the clock was set back meanwhile, it was somewhere in what is told twice. */
const inTime = (unread: Unread): Unread =>
  unread.after !== undefined && unread.before !== undefined && unread.before < unread.after
    ? { ...unread, after: unread.before, before: unread.after }
    : unread;
