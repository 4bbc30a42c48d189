import type { Instant, Key } from '@margay/ground';
import type { Change } from './change.ts';

/** The namespace that an API server makes when its cluster begins, and never lets anybody delete. */
export const FIRST_OBJECT: Key = { group: '', resource: 'namespaces', namespace: '', name: 'kube-system' };

/** Whether something is that namespace, or a change of it. */
export const isFirstObject = ({ group, resource, name }: Partial<Key>): boolean =>
  name === FIRST_OBJECT.name && resource === FIRST_OBJECT.resource && group === FIRST_OBJECT.group;

/**
 * The uid by which the API server itself called the object of a change, or of something that is no change; undefined where nobody or only
 * a request says it. What a request says is a claim: whoever copies an object from one cluster into another one sends the uid that it had
 * there. So do the bodies of requests and the `objectRef` of audit events, which repeats them.
 */
export const shownUid = ({ what, uid }: Partial<Pick<Change, 'what' | 'uid'>>): string | undefined =>
  what === 'present' || what === 'gone' ? uid : undefined;

/** The uid of the cluster, where a change shows it. */
export const shownClusterUid = (change: Partial<Pick<Change, 'what' | 'uid'> & Key>): string | undefined =>
  isFirstObject(change) ? shownUid(change) : undefined;

/** When the cluster was born, where the changes hold it; undefined where they do not. @param changes at least those of `FIRST_OBJECT`. */
export function birthOf(changes: Iterable<Change>): Instant | undefined {
  let birth: Instant | undefined;
  for (const change of changes) {
    const { created, receivedAt } = change;
    if (isFirstObject(change) && created === true) birth = Math.min(birth ?? receivedAt, receivedAt);
  }
  return birth;
}
