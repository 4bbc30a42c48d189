import { fields, type Fields, isFields, keepsObject, list, nonEmptyText, SECOND, text } from '@margay/ground';
import type { Change } from './change.ts';
import { isGoneFromCollection } from './gone.ts';
import { TOOK_LONG } from './object-doubt.ts';
import { project } from './project.ts';
import type { Reading } from './reading.ts';
import { collectionDeleteOf } from './request.ts';
import { doubt, listedBy } from './unread-write.ts';
import { factsOf, placeOf, trail, type Write } from './write.ts';

/**
 * Reads a `deletecollection`: its answer lists what it selected, as it was before.
 *
 * Items that stay, with a finalizer or as pods with grace, make no change: their own ends follow.
 */
export function readCollectionDelete(write: Write, response: unknown): Reading {
  const { event, kind, at, storageForm, eventId } = write;
  if (!isFields(response) || !Array.isArray(response['items'])) {
    return doubt(write, 'no-content', 'the answer does not list what was deleted');
  }
  const asked = collectionDeleteOf(event);
  const items = list(response['items']).filter((item) => {
    const { namespace, name } = fields(fields(item)['metadata']);
    return isFields(item) && keepsObject(kind, text(namespace), text(name));
  }) as Fields[];
  const listsMetadata = response['kind'] === 'PartialObjectMetadataList';
  // Items of typed lists do not repeat the apiVersion, which tells whose shape they have.
  const listVersion = nonEmptyText(response['apiVersion']);
  const changes: Change[] = [];
  for (const item of items) {
    const version = nonEmptyText(item['apiVersion']) ?? listVersion ?? '';
    const metadataOnly =
      listsMetadata || item['kind'] === 'PartialObjectMetadata' || !kind.apiVersions.has(version);
    if (metadataOnly && kind.resource === 'pods' && asked.gracePeriodSeconds !== 0 && !asked.addsFinalizer) {
      return doubt(
        write,
        'no-content',
        'the answer does not show which of the pods had no node and are gone',
      );
    }
    if (!isGoneFromCollection(kind.resource, item, asked)) continue;
    const projected = project(
      kind,
      { ...item, apiVersion: version },
      { metadataOnly, gone: true, storageForm },
    );
    if (!('lacks' in projected)) {
      const { namespace, name, uid, resourceVersion, content } = projected;
      changes.push({
        ...factsOf(write),
        id: `${eventId}#${uid}`,
        namespace,
        name,
        uid,
        what: 'gone',
        content,
        ...(resourceVersion !== undefined && { resourceVersion }),
      });
    } else if (projected.lacks === 'uid') changes.push(endByName(write, item));
  }
  const attempt = items.length > 0 ? trail(write, 'done') : {};
  return changes.length === 0
    ? { kind: 'ignored', at, reason: 'nothing-selected', changes: listedBy(write), ...attempt }
    : {
        kind: 'changes',
        at,
        changes: [...changes, ...doubtsMeanwhile(write, changes), ...listedBy(write)],
        ...attempt,
      };
}

/** While a deletion of many goes on, each of them may be gone already. Of one that took no longer than others, all end with it. */
function doubtsMeanwhile({ event, at, receivedAt }: Write, ends: readonly Change[]): Change[] {
  if (at - receivedAt <= SECOND) return [];
  const seconds = Math.round((at - receivedAt) / SECOND);
  const message = `${placeOf(event)}: the deletion took ${seconds} seconds, in which each of them may have been gone.`;
  return ends.map(({ content: _, resourceVersion: __, ...end }) => ({
    ...end,
    id: `${end.id}#doubt`,
    what: 'doubtful',
    doubt: { reason: TOOK_LONG, may: 'be-gone', message },
  }));
}

/** The end of an item that does not say which uid it has. */
function endByName(write: Write, item: Fields): Change {
  const metadata = fields(item['metadata']);
  const namespace = write.kind.namespaced ? text(metadata['namespace']) : '';
  const name = text(metadata['name']);
  return { ...factsOf(write), id: `${write.eventId}#${namespace}/${name}`, namespace, name, what: 'gone' };
}
