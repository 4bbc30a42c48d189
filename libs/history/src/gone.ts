import { fields, list, type Fields } from './fields.ts';

/**
 * True when the object that a request was answered with does not exist any more, by the API server's own rules.
 *
 * Tested before versions are compared: the end of an object with finalizers has the resourceVersion of the version
 * before. `deletionTimestamp` alone never ends anything: a pod with grace runs on, and a finalizer holds any object.
 *
 * @param verb `delete`, or `update` and `patch`, by which the last finalizer can go.
 */
export function isGone(verb: string, object: Fields): boolean {
  const metadata = fields(object['metadata']);
  const pending =
    list(metadata['finalizers']).length > 0 ||
    list(fields(object['spec'])['finalizers']).length > 0 ||
    (typeof metadata['deletionGracePeriodSeconds'] === 'number' &&
      metadata['deletionGracePeriodSeconds'] > 0);
  if (metadata['deletionTimestamp'] === undefined || metadata['deletionTimestamp'] === null)
    return verb === 'delete';
  return !pending;
}

/** What a `deletecollection` request asked for that decides whether what it selected is gone. */
export interface CollectionDelete {
  /** `gracePeriodSeconds=0`: pods go at once. */
  readonly noGrace: boolean;
  /** Foreground and orphan deletion add a finalizer: the object stays until that is removed. */
  readonly addsFinalizer: boolean;
}

/**
 * True when an item of a `deletecollection` answer, which shows it as it was before, is gone with that answer.
 *
 * Pods on a node get their grace and end by the node's own delete.
 */
export function isGoneFromCollection(
  resource: string,
  item: Fields,
  { noGrace, addsFinalizer }: CollectionDelete,
): boolean {
  if (addsFinalizer || list(fields(item['metadata'])['finalizers']).length > 0) return false;
  if (resource !== 'pods' || noGrace) return true;
  const { phase } = fields(item['status']);
  const { nodeName } = fields(item['spec']);
  return nodeName === undefined || nodeName === '' || phase === 'Succeeded' || phase === 'Failed';
}
