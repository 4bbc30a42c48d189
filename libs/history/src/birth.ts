import type { Instant, Key } from '@margay/ground';
import type { Change } from './change.ts';

/** The namespace that an API server makes when its cluster begins, and never lets anybody delete. */
export const FIRST_OBJECT: Key = { group: '', resource: 'namespaces', namespace: '', name: 'kube-system' };

/** Whether something is that namespace, or a change of it. */
export const isFirstObject = ({ group, resource, name }: Partial<Key>): boolean =>
  name === FIRST_OBJECT.name && resource === FIRST_OBJECT.resource && group === FIRST_OBJECT.group;

/** When the cluster was born, where the changes hold it; undefined where they do not. @param changes at least those of `FIRST_OBJECT`. */
export function birthOf(changes: Iterable<Change>): Instant | undefined {
  let birth: Instant | undefined;
  for (const change of changes) {
    const { created, receivedAt } = change;
    if (isFirstObject(change) && created === true) birth = Math.min(birth ?? receivedAt, receivedAt);
  }
  return birth;
}
