import { joinedMark, markOf, type CoverageMark } from '@margay/coverage';
import { HOUR, type Instant } from '@margay/ground';
import { changesIn, type ObjectList, type Reading } from '@margay/history';
import type { Ingested } from '../../read-batch.ts';
import { stretches } from './watched-readings.ts';

/** Delivers what the watch of a kind says. @param listed where a list of the whole kind ends with it. */
export type TellWatched = (kind: string, readings: readonly Reading[], listed?: ObjectList) => Promise<void>;

/**
 * A kind's mark of an hour grows with what is told in it, so that there are 24 a day and not one for each bookmark: one from the same
 * place that says more takes the other's place. What was missed stands in marks of its own, so that it is not taken to be as long
 * as the minute that it was in.
 *
 * @param watcher who watches, in the names of sources.
 */
export function tellWatched(
  watcher: string,
  deliver: (ingested: Ingested) => Promise<void>,
  now: () => Instant,
): TellWatched {
  const grown = new Map<string, CoverageMark>();
  return async (kind, readings, listed) => {
    const last = grown.get(kind);
    const goesOn = last !== undefined && now() < last.from + HOUR;
    // Positions of a watch begin with instants, since a source's marks must not overlap, across restarts too.
    const begin = goesOn ? last.to : Math.max(last?.to ?? 0, now());
    const end = begin + readings.length;
    for (const { from, to, reads } of stretches(readings, begin)) {
      const changes = reads.flatMap(({ reading }) => changesIn(reading));
      const own = markOf(`${kind}@${watcher}`, from, to, reads);
      const before = grown.get(kind);
      const isOne = before?.to === from && goesOn && before.problemsTotal + own.problemsTotal === 0;
      const mark = isOne ? joinedMark(before, own) : own;
      await deliver({ changes, policyEvents: [], mark, ...(listed && to === end && { listed }) });
      grown.set(kind, mark);
    }
  };
}
