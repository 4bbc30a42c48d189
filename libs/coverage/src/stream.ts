import { compareTexts, type Instant, type Interval, SECOND } from '@margay/ground';
import { absencesOf } from './canary-absence.ts';
import { canaryProofOf, type CanaryProof } from './canary-proof.ts';
import { CanaryRuns } from './canary-runs.ts';
import type { CanaryRun } from './canary.ts';
import { sumOf, type Delivery, type Unread } from './delivery.ts';
import { joinedRhythms } from './rhythm.ts';
import { isOfFlows, printedSources, setName, sourceName, watchedKind } from './source.ts';

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
  /** When there was none of the API servers whose canaries it delivers, in time order. */
  readonly absent?: readonly Interval[];
}

/** Files of one log may overlap by this much: API servers write what they do at once in no strict order. */
const OVERLAP_MAX = SECOND;

/**
 * The streams that deliveries make, by name. Files are one where rotation could have named them and none began before the one
 * before it ended: the logs of two API servers cover the same time.
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
  const bySet = Map.groupBy(deliveries, ({ source }) => setName(source));
  const chains = [...bySet].flatMap(([set, some]) =>
    set === undefined ? some.map((one) => [one]) : chainsOf(some).map((chain) => upTo(chain, until)),
  );
  const printed = printedSources(chains.flatMap((chain) => chain.map(({ source }) => source)));
  const names = Map.groupBy(chains, (chain) => setName(chain[0]!.source) ?? '');
  return chains
    .map((chain): Stream => {
      const [{ source }] = chain as [Delivery];
      const called = new Set(chain.map((part) => sourceName(part.source)));
      // Where all files were given one name, that is what they are called.
      const set = called.size === 1 ? sourceName(source) : setName(source);
      const isOnly = set !== undefined && names.get(setName(source) ?? '')?.length === 1;
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

/** The files of a chain up to the first that goes on behind an instant. */
function upTo(chain: readonly Delivery[], until: Instant): Delivery[] {
  const i = chain.findIndex(({ last = -Infinity }) => last >= until);
  return chain.slice(0, i === -1 ? chain.length : i + 1);
}

/** Files that could follow one another, each chain in time order. What has no time stands in the first. */
function chainsOf(files: readonly Delivery[]): Delivery[][] {
  const chains: Delivery[][] = [];
  const timed = files
    .filter(({ first }) => first !== undefined)
    .sort((a, b) => a.first! - b.first! || lastOf(a) - lastOf(b) || compareTexts(a.source, b.source));
  for (const file of timed) {
    const before = chains
      .filter((chain) => lastOf(chain.at(-1)!) <= file.first! + OVERLAP_MAX)
      .sort((a, b) => lastOf(b.at(-1)!) - lastOf(a.at(-1)!));
    const [nearest] = before;
    if (nearest) nearest.push(file);
    else chains.push([file]);
  }
  const timeless = files.filter(({ first }) => first === undefined);
  if (timeless.length > 0) chains.splice(0, 1, [...timeless, ...(chains[0] ?? [])]);
  return chains;
}

/** Of all of its time: logs of two API servers are two, wherever a window ends. */
const lastOf = ({ lastOfAll = -Infinity }: Delivery): Instant => lastOfAll;

function joinedDeliveries(name: string, parts: readonly Delivery[]): Stream {
  const canaries = new CanaryRuns();
  for (const run of parts.flatMap((part) => part.canaries)) canaries.add(run);
  const timed = parts.filter(({ first }) => first !== undefined);
  const between = timed.slice(1).map(({ first }, i) => ({ start: timed[i]!.last!, end: first! }));
  const watched = watchedKind(parts[0]!.source);
  return {
    name,
    sources: parts.map(({ source }) => source),
    lines: parts.reduce((sum, { lines }) => sum + lines, 0),
    ...(timed.length > 0 && {
      first: timed[0]!.first!,
      last: timed.reduce((last, part) => Math.max(last, part.last!), -Infinity),
      lastOfAll: timed.reduce((last, part) => Math.max(last, lastOf(part)), -Infinity),
    }),
    rhythm: joinedRhythms(
      parts.map(({ rhythm }) => rhythm),
      between,
    ),
    learnt: parts.reduce((sum, { learnt }) => sum + learnt, 0),
    timeless: sumOf(...parts.map(({ timeless }) => timeless)),
    unread: parts.flatMap((part) => part.unread.map((unread) => within(unread, part, timed))),
    canaries: canaries.all(),
    ...(watched && !isOfFlows(parts[0]!.source) && { watched }),
  };
}

/** What stands at an end of a file stands between it and the next one. */
function within(unread: Unread, part: Delivery, timed: readonly Delivery[]): Unread {
  const i = timed.indexOf(part);
  const [before, behind] = [timed[i - 1], timed[i + 1]];
  return {
    ...unread,
    ...(unread.after === undefined && i > 0 && { after: before!.last! }),
    ...(unread.before === undefined && i >= 0 && behind && { before: behind.first! }),
  };
}
