import {
  at,
  fields,
  isFields,
  keyText,
  list,
  servedName,
  sortedOnce,
  STORAGE_GROUP,
  text,
} from '@margay/ground';
import type { Version } from '@margay/history';
import type { Act } from './acts.ts';

/** The audit annotation with the names of what a deletion of many deleted, joined by commas. */
export const DELETED = 'margay.io/deleted';

/** What a deletion of many deleted: names, sorted. Empty where nothing tells. */
export type Deleted = (act: Act) => readonly string[];

/**
 * Finds what deletions of many deleted: what their answers list, what Calico's API server deleted for them, or, where neither
 * is known, what ended while they ran.
 */
export function deletedIn(versions: readonly Version[]): Deleted {
  let ended: Map<string, Version[]> | undefined;
  return (act) => {
    const listed = sortedOnce([...itemsOf(act), ...backingOf(act)]);
    if (listed.length > 0) return listed;
    ended ??= Map.groupBy(
      versions.filter(({ endedBy }) => endedBy === 'event'),
      folderOf,
    );
    return sortedOnce(
      (ended.get(folderOf(act)) ?? [])
        .filter(({ validTo = Infinity }) => act.from <= validTo && validTo <= act.at)
        .map(({ name }) => name),
    );
  };
}

/** Where objects of one kind lie beside each other. */
const folderOf = ({
  group,
  resource,
  namespace,
}: Pick<Version, 'group' | 'resource' | 'namespace'>): string =>
  keyText({ group, resource, namespace, name: '' });

function itemsOf({ event }: Act): string[] {
  const isStored = at(event, 'objectRef', 'apiGroup') === STORAGE_GROUP;
  return list(at(event, 'responseObject', 'items'))
    .filter(isFields)
    .map((item) => text(fields(item['metadata'])['name']))
    .filter((name) => name !== '')
    .map((name) => (isStored ? servedName(name, true) : name));
}

const backingOf = ({ parts }: Act): string[] =>
  parts
    .filter(({ verb, outcome, name }) => verb === 'delete' && outcome === 'done' && name !== '')
    .map(({ name }) => name);
