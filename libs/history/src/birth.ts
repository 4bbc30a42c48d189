import type { Instant, Key } from '@margay/ground';
import type { Change } from './change.ts';

/** The namespace that an API server makes when its cluster begins, and never lets anybody delete. */
export const FIRST_OBJECT: Key = { group: '', resource: 'namespaces', namespace: '', name: 'kube-system' };

/** Whether something is that namespace, or a change of it. */
export const isFirstObject = ({ group, resource, name }: Partial<Key>): boolean =>
  name === FIRST_OBJECT.name && resource === FIRST_OBJECT.resource && group === FIRST_OBJECT.group;

/** What says whether the API server itself called the object of a change by its uid. */
export type NamedByUid = Partial<Pick<Change, 'what' | 'uid' | 'uidShown'>>;

/**
 * The uid by which the API server itself called the object of a change, or of something that is no change; undefined where nobody or only
 * a request says it. What a request says is a claim: whoever copies an object from one cluster into another one sends the uid that it had
 * there. So do the bodies of requests and the `objectRef` of audit events, which repeats them; but an update that names another uid than the
 * object has is refused (`isHeldToUid`). What follows from a list that does not show an object is no word of that list.
 */
export const shownUid = ({
  what,
  uid,
  uidShown = what === 'present' || what === 'gone',
}: NamedByUid): string | undefined => (uidShown ? uid : undefined);

/** The uid of the cluster, where a change shows it. */
export const shownClusterUid = (change: NamedByUid & Partial<Key>): string | undefined =>
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
