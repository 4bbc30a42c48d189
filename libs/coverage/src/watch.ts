import { gapsIn, type Instant, type Interval, joined } from '@margay/ground';
import type { Delivery } from './delivery.ts';
import type { CoverageMark } from './mark.ts';
import { commonOutages, outagesOf, type Outage } from './outage.ts';
import { watchedKind } from './source.ts';
import type { Stream } from './stream.ts';

/** What a watch says of itself when it missed something: the outcomes of those minutes. */
const MISSED: readonly string[] = ['doubtful:missed', 'unusable:no-uid'];
/** The same, where a list was compared with all that was known: what it shows as it was had not been touched. */
const RELISTED: readonly string[] = ['doubtful:relisted', 'doubtful:corrected'];

/** When a kind was not watched. */
export interface Unwatched extends Outage {
  /** A list told which of the objects that were known had been written meanwhile: only others may have come and gone. */
  readonly sparesSeen?: true;
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
  const blind = commonOutages(all.map((one) => one.blind));
  const either = commonOutages(all.map((one) => joined([...one.blind, ...one.relisted])));
  const sparing = either.flatMap((outage) => gapsIn(outage, blind));
  return [...blind, ...sparing.map((outage): Unwatched => ({ ...outage, sparesSeen: true }))].sort(
    (a, b) => a.start - b.start,
  );
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
