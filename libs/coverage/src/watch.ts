import { type Instant, type Interval, joined } from '@margay/ground';
import type { CoverageMark } from './mark.ts';
import { commonOutages, outagesOf, type Outage } from './outage.ts';
import type { Stream } from './stream.ts';

/** What a watch says of itself when it missed something: the outcomes of those minutes. */
const MISSED: readonly string[] = [
  'doubtful:missed',
  'doubtful:corrected',
  'doubtful:unwatched',
  'unusable:no-uid',
];

/**
 * When none of some watches of one kind was watching, in time order: before the first list, in silences that bookmarks would
 * have broken, and where one says that it missed something.
 *
 * @param marks by source, at least those that touch the window: what a watch missed is over when it goes on.
 */
export function unwatched(
  watchers: readonly Stream[],
  marks: ReadonlyMap<string, readonly CoverageMark[]>,
  begin: Instant,
  until: Instant,
): Outage[] {
  return commonOutages(
    watchers.map((watcher) => {
      const own = watcher.sources.flatMap((source) => marks.get(source) ?? []);
      return joined([...outagesOf(watcher, begin, until), ...missedIn(own)]);
    }),
  );
}

function missedIn(marks: readonly CoverageMark[]): Interval[] {
  return marks.flatMap(({ buckets }) =>
    buckets
      .filter(({ counts }) => MISSED.some((outcome) => counts[outcome] !== undefined))
      .map(({ first, last }) => ({ start: first, end: last + 1 })),
  );
}
