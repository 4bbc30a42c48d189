import { type Key, type Kind, type KubernetesObject } from '@margay/ground';
import { project, watchSource, type Change } from '@margay/history';
import type { KubernetesClient } from '../client/client.ts';
import { apiVersionOf } from '../client/resources.ts';
import type {
  Batch,
  Gap,
  Identity,
  Interrupted,
  Listed,
  Position,
  Project,
  Unusable,
  Upserted,
} from './notices.ts';
import { reflect, type ReflectOptions } from './reflect.ts';
import type { WatchableKind } from './watchable-kinds.ts';

/** A change that list or watch told. */
export interface WatchChange extends Change {
  /**
   * True where a list showed what the watch had not told: it happened somewhere between `receivedAt` and `at`, and
   * states in between may have been missed.
   */
  readonly correction?: true;
}

/** What one batch of list or watch comes to. */
export interface WatchedChanges {
  readonly changes: readonly WatchChange[];
  readonly gaps: readonly Gap[];
  readonly interruptions: readonly Interrupted[];
  /** Objects that could not be taken up. */
  readonly unusable: readonly Unusable[];
  /** Present where a list was compared completely. */
  readonly listed?: Listed;
  /** Where to go on once all of this is durable. */
  readonly position?: Position;
  /** Objects whose projection stayed the same: no change is made of them. */
  readonly unchanged: readonly Identity[];
}

/**
 * The changes of one kind as list and watch tell them, batch by batch; see `reflect`.
 *
 * Ids depend on the object and its version alone, so what is told twice, after a restart or by a second reader, has
 * the same ids.
 *
 * @param resource how this API server serves the kind; see `watchableKinds`.
 */
export async function* changesFromWatch(
  client: KubernetesClient,
  { kind, resource }: WatchableKind,
  options: Omit<ReflectOptions<KubernetesObject>, 'project'> = {},
): AsyncGenerator<WatchedChanges> {
  const apiVersion = apiVersionOf(resource);
  const projected: Project<KubernetesObject> = (object) => {
    const read = project(kind, { ...object, apiVersion });
    return 'lacks' in read ? read : { ...read, resourceVersion: read.resourceVersion ?? '' };
  };
  for await (const batch of reflect(client, resource, { ...options, project: projected })) {
    yield changesOf(kind, batch);
  }
}

/** What a batch comes to; pure. */
export function changesOf(
  kind: Pick<Kind, 'group' | 'resource'>,
  { notices, position }: Batch<KubernetesObject>,
): WatchedChanges {
  const changes: WatchChange[] = [];
  const gaps: Gap[] = [];
  const interruptions: Interrupted[] = [];
  const unusable: Unusable[] = [];
  let listed: Listed | undefined;
  const unchanged: Identity[] = [];
  const listVersion = notices.find((notice) => notice.what === 'listed')?.resourceVersion;
  for (const notice of notices) {
    switch (notice.what) {
      case 'upserted':
        // A list may show an object as it was before and hide what it was in between: that stays a change.
        if (notice.unchanged && notice.by === 'watch') unchanged.push(notice.identity);
        else changes.push(presentChange(kind, notice));
        break;
      case 'deleted':
        changes.push({
          ...base(kind, notice.identity, 'gone', listVersion),
          what: 'gone',
          uid: notice.identity.uid,
          // What a list does not show was deleted at a version that nobody told; its uid is what was known before.
          ...(notice.by === 'watch'
            ? { resourceVersion: notice.identity.resourceVersion }
            : { uidShown: false }),
          at: notice.at,
          receivedAt: notice.notBefore,
          ...(notice.correction && { correction: true }),
        });
        break;
      case 'listed':
        listed = notice;
        break;
      case 'gap':
        gaps.push(notice);
        break;
      case 'interrupted':
        interruptions.push(notice);
        break;
      case 'unusable':
        unusable.push(notice);
        break;
    }
  }
  return {
    changes,
    gaps,
    interruptions,
    unusable,
    unchanged,
    ...(listed && { listed }),
    ...(position && { position }),
  };
}

function presentChange(
  kind: Pick<Kind, 'group' | 'resource'>,
  notice: Upserted<KubernetesObject>,
): WatchChange {
  const { identity, object, created, correction, at, notBefore } = notice;
  // What another store shows again is not what was told already.
  const again = notice.isOfAnotherStore ? `/again-${notBefore}` : '';
  return {
    ...base(kind, identity, identity.resourceVersion + again, identity.resourceVersion),
    what: 'present',
    uid: identity.uid,
    resourceVersion: identity.resourceVersion,
    at,
    receivedAt: notBefore,
    content: object,
    ...(created && { created: true }),
    ...(correction && { correction: true }),
  };
}

type Base = Key & Pick<Change, 'id' | 'eventId' | 'origin'>;

function base(
  kind: Pick<Kind, 'group' | 'resource'>,
  identity: Identity,
  state: string,
  position = identity.resourceVersion,
): Base {
  const source = watchSource(kind);
  const id = `${source}/${identity.uid}/${state}`;
  return {
    id,
    eventId: id,
    group: kind.group,
    resource: kind.resource,
    namespace: identity.namespace,
    name: identity.name,
    origin: { source, position: Number(position) },
  };
}
