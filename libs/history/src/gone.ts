import { fields, type Fields, type KubernetesObject, list } from '@margay/ground';

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
  if (!isTerminating(metadata)) return verb === 'delete';
  const pending =
    hasFinalizers(metadata) ||
    list(fields(object['spec'])['finalizers']).length > 0 ||
    hasGraceLeft(metadata);
  return !pending;
}

/** What a `deletecollection` request asked for that decides whether what it selected is gone. */
export interface CollectionDelete {
  /** Absent where the request did not say: each pod has the grace of its own spec. */
  readonly gracePeriodSeconds?: number;
  /** Foreground and orphan deletion add a finalizer: the object stays until that is removed. */
  readonly addsFinalizer: boolean;
}

/**
 * True when an item of a `deletecollection` answer, which shows it as it was before, is gone with that answer.
 *
 * Pods on a node get their grace and end by the node's own delete. One that is terminating already keeps the grace it
 * has left, since a request can only shorten it.
 */
export function isGoneFromCollection(
  resource: string,
  item: Fields,
  { gracePeriodSeconds, addsFinalizer }: CollectionDelete,
): boolean {
  const metadata = fields(item['metadata']);
  if (addsFinalizer || hasFinalizers(metadata)) return false;
  if (resource !== 'pods' || gracePeriodSeconds === 0) return true;
  if (isTerminating(metadata)) return !hasGraceLeft(metadata);
  const { phase } = fields(item['status']);
  const { nodeName, terminationGracePeriodSeconds } = fields(item['spec']);
  if (nodeName === undefined || nodeName === '' || phase === 'Succeeded' || phase === 'Failed') return true;
  return gracePeriodSeconds === undefined && terminationGracePeriodSeconds === 0;
}

/** True when a write to an object that was last seen with this content can have ended it, by removing its last finalizer. */
export function mayEnd(resource: string, content: KubernetesObject | undefined): boolean {
  if (content === undefined || hasFinalizers(fields(content.metadata))) return true;
  return resource === 'namespaces' && fields(content['status'])['phase'] !== 'Active';
}

const isTerminating = ({ deletionTimestamp }: Fields) =>
  deletionTimestamp !== undefined && deletionTimestamp !== null;

const hasFinalizers = ({ finalizers }: Fields) => list(finalizers).length > 0;

const hasGraceLeft = ({ deletionGracePeriodSeconds }: Fields) =>
  typeof deletionGracePeriodSeconds === 'number' && deletionGracePeriodSeconds > 0;
