import { gapsIn, type Instant, type Interval, joined } from '@margay/ground';
import type { Delivery } from './delivery.ts';
import type { CoverageMark } from './mark.ts';
import { commonOutages, outagesOf, type Outage } from './outage.ts';
import { watchedKind } from './source.ts';
import type { Stream } from './stream.ts';

/** What a watch says of itself when it missed something: the outcomes of those minutes. */
const MISSED: readonly string[] = ['doubtful:missed', 'unusable:no-uid'];
/** The same, where the store was found to be another one: what others told of it then may not be so any more either. */
const ANOTHER_STORE: readonly string[] = ['doubtful:another-store'];
/** The same, where a list was compared with all that was known: what it shows as it was had not been touched. */
const RELISTED: readonly string[] = ['doubtful:relisted', 'doubtful:corrected'];

/** When a kind was not watched. */
export interface Unwatched extends Outage {
  /** A list told which of the objects that were known had been written meanwhile: only others may have come and gone. */
  readonly sparesSeen?: true;
  /** The store was found to be another one, restored from a backup in that time: whoever told of it, nothing is known. */
  readonly isOfAnotherStore?: true;
}

/**
 * When none of some watches of one kind was watching, in time order: before the first list, after the last that is known, and where
 * one says that it missed something. Silence in between is none: a watch that goes on tells what it was not told, or says that it
 * cannot.
 *
 * @param marks by source, at least those that touch the window: what a watch missed is over when it goes on.
 */
export function unwatched(
  watchers: readonly Stream[],
  marks: ReadonlyMap<string, readonly CoverageMark[]>,
  begin: Instant,
  until: Instant,
): Unwatched[] {
  const all = watchers.map((watcher) => {
    const own = watcher.sources.flatMap((source) => marks.get(source) ?? []);
    return {
      // Of a kind it matters who watched: that one is retired says nothing of that.
      blind: joined([...outagesOf({ ...watcher, absent: [] }, begin, until), ...saidIn(own, MISSED)]),
      relisted: saidIn(own, RELISTED),
    };
  });
  const restores = agreed(
    watchers.flatMap(({ sources }) =>
      joined(sources.flatMap((source) => saidIn(marks.get(source) ?? [], ANOTHER_STORE))),
    ),
  );
  const without = (outages: readonly Outage[], others: readonly Outage[]) =>
    outages.flatMap((outage) => gapsIn(outage, others));
  const blind = without(commonOutages(all.map((one) => one.blind)), restores);
  const either = commonOutages(all.map((one) => joined([...one.blind, ...one.relisted])));
  const sparing = without(either, joined([...blind, ...restores]));
  return [
    ...blind,
    ...sparing.map((outage): Unwatched => ({ ...outage, sparesSeen: true })),
    ...restores.map((outage): Unwatched => ({ ...outage, isOfAnotherStore: true })),
  ].sort((a, b) => a.start - b.start);
}

/** Each who says that a store was restored says between which instants: it was when all of them say. */
function agreed(said: readonly Outage[]): Outage[] {
  const found: Outage[] = [];
  for (const one of said.toSorted((a, b) => a.end - b.end || a.start - b.start)) {
    const last = found.at(-1);
    if (last === undefined || one.start >= last.end) found.push(one);
    else found[found.length - 1] = { start: Math.max(last.start, one.start), end: last.end };
  }
  return joined(found);
}

/**
 * The watches that were heard of last in the window, and so not up to its end.
 *
 * @param deliveries of all sources.
 */
export function watchesBehind(deliveries: readonly Delivery[], { start, end }: Interval): readonly string[] {
  return deliveries
    .filter(
      ({ source, last = -Infinity }) => watchedKind(source) !== undefined && start <= last && last + 1 < end,
    )
    .map(({ source }) => source);
}

function saidIn(marks: readonly CoverageMark[], outcomes: readonly string[]): Interval[] {
  // What goes on over a minute's end is told at the last instant of the one and the first of the next.
  return marks.flatMap(({ buckets }) =>
    buckets
      .filter(({ counts }) => outcomes.some((outcome) => counts[outcome] !== undefined))
      .map(({ first, last }) => ({ start: first, end: last + 1 })),
  );
}
