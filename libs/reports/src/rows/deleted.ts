import {
  at,
  fields,
  type Instant,
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

/** The audit annotation with the names of what a deletion of many may have deleted, where nothing tells what it did. */
export const MAY_HAVE_DELETED = 'margay.io/may-have-deleted';

/** What deletions of many deleted. */
export interface Deleted {
  /** Names, sorted. Empty where nothing tells. */
  readonly names: (act: Act) => readonly string[];
  /** What was there when it began and was not seen afterwards: names, sorted. */
  readonly possibleNames: (act: Act) => readonly string[];
}

/**
 * Finds what deletions of many deleted: what their answers list, what Calico's API server deleted for them, or, where neither
 * is known, what ended while they ran.
 */
export function deletedIn(versions: readonly Version[]): Deleted {
  let known: Map<string, Version[]> | undefined;
  const beside = (act: Act): readonly Version[] => {
    known ??= Map.groupBy(versions, folderOf);
    return known.get(folderOf(act)) ?? [];
  };
  return {
    names(act) {
      const listed = sortedOnce([...itemsOf(act), ...backingOf(act)]);
      if (listed.length > 0) return listed;
      return sortedOnce(
        beside(act)
          .filter(({ endedBy, validTo = Infinity }) => endedBy === 'event' && isIn(act, validTo))
          .map(({ name }) => name),
      );
    },
    possibleNames(act) {
      const seenLater = new Set(
        beside(act)
          .filter(({ validFrom, doubt }) => validFrom > act.at && doubt === undefined)
          .map(({ uid }) => uid),
      );
      return sortedOnce(
        beside(act)
          .filter(({ validFrom, validTo = Infinity }) => validFrom < act.from && act.from <= validTo)
          .filter(({ uid, name }) => name !== '' && !seenLater.has(uid))
          .map(({ name }) => name),
      );
    },
  };
}

const isIn = ({ from, at: to }: Act, instant: Instant): boolean => from <= instant && instant <= to;

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
