import type { KubernetesClient, Proof } from '@margay/kubernetes';
import type { Log } from '@margay/runtime';
import type { Ingested } from '../../read-batch.ts';
import { followSettings } from './follow-settings.ts';
import { FollowedKinds } from './followed-kinds.ts';
import type { OpenKnown } from './known-objects.ts';
import { Pieces } from './pieces.ts';
import { tellWatched } from './tell-watched.ts';

export interface WatchOptions {
  readonly client: KubernetesClient;
  /** Opens what existed where the watch stopped; it must outlive the process. */
  readonly openKnown: OpenKnown;
  /** Who watches, as names of sources begin: two that watch one cluster have two. A folder keeps its first. */
  readonly watcher: string;
  readonly deliver: (ingested: Ingested) => Promise<void>;
  readonly log: Log;
  /** Asks for proof of what was told. */
  readonly proof: Proof;
  readonly signal: AbortSignal;
}

/**
 * Follows every kind of the history by list and watch, those too that come or go meanwhile. What was seen is remembered when it
 * is durable, so that a restart goes on there; what happened in between and cannot be told is said to be in doubt.
 *
 * Fulfilled when the signal is aborted, rejected with what the delivery or the folder threw.
 */
export async function watchCluster({
  client,
  openKnown,
  watcher,
  deliver,
  log,
  proof,
  signal,
}: WatchOptions): Promise<void> {
  const known = openKnown(watcher);
  const pieces = new Pieces<string>(signal);
  try {
    const tell = tellWatched(known.watcher, deliver, () => Date.now() * 1_000);
    const following = { client, known, tell, log, proof, pieces };
    followSettings(following);
    await new FollowedKinds(following).follow();
  } finally {
    try {
      await pieces.endAll();
    } finally {
      known.close();
    }
  }
}
