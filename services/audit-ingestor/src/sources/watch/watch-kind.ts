import type { Instant, Kind } from '@margay/ground';
import { watchSource, type ObjectList } from '@margay/history';
import {
  changesFromWatch,
  isNotFound,
  type KubernetesClient,
  type Proof,
  type Resume,
  type StoreNews,
  type WatchableKind,
  type WatchedChanges,
} from '@margay/kubernetes';
import { reasonOf, type Log } from '@margay/runtime';
import type { KnownObjects } from './known-objects.ts';
import type { TellWatched } from './tell-watched.ts';
import { watchedReadings } from './watched-readings.ts';

export interface KindWatch {
  readonly client: KubernetesClient;
  readonly known: KnownObjects;
  readonly tell: TellWatched;
  readonly log: Log;
  readonly proof: Proof;
  /** What others that read of the same store learn of it. */
  readonly store?: StoreNews;
  readonly signal: AbortSignal;
  /** The time; that of the machine unless given. */
  readonly now?: () => Instant;
  readonly resume?: Resume | undefined;
  /** One object, where only that is followed, and what its source is called. */
  readonly only?: { readonly namespace: string; readonly name: string; readonly source: string };
  /** Told of every batch that is durable. */
  readonly onBatch?: (batch: WatchedChanges) => Promise<void>;
  /** Told when the API server says that there is no such kind. */
  readonly onMissing: () => void;
}

/**
 * Follows one kind until the signal says so. What was seen is remembered when it is durable.
 *
 * That it cannot be watched is told once for each reason, however often it is tried.
 */
export async function watchKind(watchable: WatchableKind, watch: KindWatch): Promise<void> {
  const { client, known, tell, log, proof, store, signal, resume, now, only } = watch;
  const name = only?.source ?? watchSource(watchable.kind);
  let refused: string | undefined;
  for await (const batch of changesFromWatch(client, watchable, {
    signal,
    proof,
    ...(resume && { resume }),
    ...(store && { store }),
    ...(only && { namespace: only.namespace, fieldSelector: `metadata.name=${only.name}` }),
    ...(now && { now }),
  })) {
    const news = batch.interruptions.filter(({ error }) => error.message !== refused);
    for (const { error } of news) {
      log.warn('A kind cannot be watched, trying again', { kind: name, reason: reasonOf(error) });
      refused = error.message;
    }
    if (batch.interruptions.some(({ error }) => isNotFound(error))) watch.onMissing();
    if (batch.position !== undefined && refused !== undefined) {
      log.info('A kind is watched again', { kind: name });
      refused = undefined;
    }
    const readings = watchedReadings(name, { ...batch, interruptions: news });
    await tell(name, readings, only === undefined ? listIn(watchable.kind, batch) : undefined);
    known.keep(name, batch);
    await watch.onBatch?.(batch);
  }
}

/** What a batch says of the whole kind, where a list of it ends with it. */
function listIn({ group, resource }: Kind, { listed }: WatchedChanges): ObjectList | undefined {
  if (listed === undefined) return undefined;
  const { at, isWhole, existing } = listed;
  // What was told of another store has numbers that say nothing beside those of this one.
  const resourceVersion = listed.isOfAnotherStore ? '' : listed.resourceVersion;
  return { group, resource, at, resourceVersion, isWhole, uids: Array.from(existing(), ({ uid }) => uid) };
}
