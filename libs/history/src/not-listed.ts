import { compareResourceVersions, type Instant, type Interval, MINUTE } from '@margay/ground';
import type { Change } from './change.ts';
import { CLOCKS_DIFFER } from './epochs.ts';
import { placeText } from './place.ts';
import type { Version } from './version.ts';
import { watchSource } from './watched.ts';

/** All objects of a kind as one list showed them. */
export interface ObjectList {
  readonly group: string;
  readonly resource: string;
  /** By when the cluster was as it shows. */
  readonly at: Instant;
  /** As of which it shows the cluster. */
  readonly resourceVersion: string;
  /** False where it showed objects that say no uid: nothing is gone for sure then. */
  readonly isWhole: boolean;
  readonly uids: readonly string[];
}

/** What is known beside a list. */
interface Beside {
  /** When others are known to have told of all that happened to the kind, as `joined` gives it. */
  readonly watched: readonly Interval[];
  /** False where the list may be of another cluster, or may lack something. */
  readonly isSure: boolean;
}

/** Whatever a request or its log says of when something was written, it was written before a list by this much. */
const LONG_BEFORE = MINUTE;

/** When it is to be asked what is there by a history, to compare it with a list: clocks of API servers may be ahead. */
export const instantOf = ({ at }: ObjectList): Instant => at + CLOCKS_DIFFER;

/**
 * The versions of objects that were written before a list and are not in it, though the history ends them nowhere: they were deleted, and
 * nobody told.
 *
 * @param versions valid at `instantOf(list)`, at least those of the kind.
 */
export function notListed(list: ObjectList, versions: Iterable<Version>): Version[] {
  const listed = new Set(list.uids);
  const missing: Version[] = [];
  for (const version of versions) {
    const { group, resource, name, uid } = version;
    if (group !== list.group || resource !== list.resource || name === '' || uid === '') continue;
    if (!listed.has(uid) && isBefore(version, list)) missing.push(version);
  }
  return missing;
}

const NUMBER = /^\d+$/;

function isBefore({ resourceVersion, validFrom }: Version, list: ObjectList): boolean {
  return NUMBER.test(resourceVersion) && NUMBER.test(list.resourceVersion)
    ? compareResourceVersions(resourceVersion, list.resourceVersion) <= 0
    : validFrom + LONG_BEFORE < list.at;
}

/**
 * What a list says of an object that it does not show: that it is gone, since some time after it was last known to be there. Where the list
 * may be of another cluster, or may lack something, that it may be gone. Nothing where it shows another object of the name by whose sight
 * the history ends this one.
 *
 * @returns asked for each object, with its version, see `notListed`, and all changes of its name.
 */
export function endByList(
  list: ObjectList,
  beside: Beside,
): (version: Version, changes: readonly Change[]) => Change[] {
  const listed = new Set(list.uids);
  return (version, changes) => {
    if (changes.some(({ uid }) => uid !== undefined && listed.has(uid))) return [];
    const end = goneBy(list, version, changes, beside);
    if (beside.isSure) return [end];
    const message = `${placeText(version)} was not in a list of all objects of its kind, and nobody told of its deletion: whether that list is whole, and of this cluster, is not known.`;
    return [{ ...end, what: 'doubtful', doubt: { reason: 'not-listed', may: 'be-gone', message } }];
  };
}

function goneBy(
  list: ObjectList,
  { group, resource, namespace, name, uid }: Version,
  changes: readonly Change[],
  { watched, isSure }: Beside,
): Change {
  const shown = changes.filter((change) => change.uid === uid && change.what === 'present');
  const seen = Math.max(...shown.map(({ at }) => at));
  const asked = Math.max(...shown.map(({ receivedAt }) => receivedAt));
  const at = Math.max(list.at, seen);
  const told = watched.find(({ start, end }) => start <= seen && seen < end)?.end;
  const since = Math.min(told ?? (isSure ? asked : seen + 1), at);
  const id = `watch/${uid}/not-listed/${list.resourceVersion}`;
  return {
    group,
    resource,
    namespace,
    name,
    id,
    eventId: id,
    uid,
    what: 'gone',
    at,
    receivedAt: since,
    origin: { source: watchSource(list), position: Number(list.resourceVersion) },
  };
}
