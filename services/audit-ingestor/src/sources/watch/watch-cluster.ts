import { join } from 'node:path';
import { markOf } from '@margay/coverage';
import { changesIn } from '@margay/history';
import {
  changesFromWatch,
  watchableKinds,
  watchSource,
  type KubernetesClient,
  type WatchableKind,
} from '@margay/kubernetes';
import { together } from '@margay/runtime';
import type { Ingested } from '../../read-batch.ts';
import { openKnownObjects, type KnownObjects } from './known-objects.ts';
import { stretches, watchedReadings } from './watched-readings.ts';

export interface WatchOptions {
  readonly client: KubernetesClient;
  /** Folder in which is kept what existed where the watch stopped; it must outlive the process. */
  readonly directory: string;
  /** Who watches, in the names of sources: two that watch one cluster have two names. */
  readonly watcher: string;
  readonly deliver: (ingested: Ingested) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Follows every kind of the history by list and watch. What was seen is remembered when it is durable, so that a
 * restart goes on there; what happened in between and cannot be told is said to be in doubt.
 *
 * Kinds are those that the API server serves at the start. Fulfilled when the signal is aborted, rejected with what
 * the delivery, the folder or the discovery threw.
 */
export async function watchCluster(options: WatchOptions): Promise<void> {
  const kinds = await watchableKinds(options.client);
  const known = openKnownObjects(join(options.directory, 'watch.db'));
  try {
    await together(options.signal, (signal) =>
      kinds.map((kind) => watchKind(kind, known, { ...options, signal })),
    );
  } finally {
    known.close();
  }
}

async function watchKind(
  watchable: WatchableKind,
  known: KnownObjects,
  { client, deliver, signal, watcher }: WatchOptions,
): Promise<void> {
  const name = watchSource(watchable.kind);
  const source = `${name}@${watcher}`;
  const resume = known.resume(name);
  let next = 0;
  for await (const batch of changesFromWatch(client, watchable, { signal, ...(resume && { resume }) })) {
    // Positions of a watch are instants, since a source's marks must not overlap, across restarts too.
    next = Math.max(next, Date.now() * 1_000);
    for (const { from, to, reads } of stretches(watchedReadings(name, batch), next)) {
      const changes = reads.flatMap(({ reading }) => changesIn(reading));
      await deliver({ changes, policyEvents: [], mark: markOf(source, from, to, reads) });
      next = to;
    }
    known.keep(name, batch);
  }
}
