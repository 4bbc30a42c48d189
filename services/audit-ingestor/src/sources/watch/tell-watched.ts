import { markOf } from '@margay/coverage';
import { changesIn, type Reading } from '@margay/history';
import type { Ingested } from '../../read-batch.ts';
import { stretches } from './watched-readings.ts';

/** Delivers what the watch of a kind says. */
export type TellWatched = (kind: string, readings: readonly Reading[]) => Promise<void>;

/** @param watcher who watches, in the names of sources. */
export function tellWatched(watcher: string, deliver: (ingested: Ingested) => Promise<void>): TellWatched {
  const next = new Map<string, number>();
  return async (kind, readings) => {
    // Positions of a watch are instants, since a source's marks must not overlap, across restarts too.
    let position = Math.max(next.get(kind) ?? 0, Date.now() * 1_000);
    for (const { from, to, reads } of stretches(readings, position)) {
      const changes = reads.flatMap(({ reading }) => changesIn(reading));
      position = to;
      next.set(kind, to);
      await deliver({ changes, policyEvents: [], mark: markOf(`${kind}@${watcher}`, from, to, reads) });
    }
  };
}
