import { areComparable, compareResourceVersions, type Instant, type Interval, MINUTE } from '@margay/ground';
import type { Change } from './change.ts';
import { CLOCKS_DIFFER } from './epochs.ts';
import { NOT_LISTED } from './object-doubt.ts';
import { placeText } from './place.ts';
import type { Version } from './version.ts';
import { watchSource } from './watched.ts';

/** That all objects of a kind were listed. */
export interface ListedKind {
  readonly group: string;
  readonly resource: string;
  /** By when the cluster was as the list shows. */
  readonly at: Instant;
  /** As of which it shows the cluster; empty where that says nothing beside what was told before, as of a store that was restored. */
  readonly resourceVersion: string;
  /** False where it showed objects that say no uid: nothing is gone for sure then. */
  readonly isWhole: boolean;
}

/** All objects of a kind as one list showed them. */
export interface ObjectList extends ListedKind {
  readonly uids: readonly string[];
}

/** A list that is asked whether it shows an object. */
export interface AskedList extends ListedKind {
  readonly has: (uid: string) => boolean;
}

/** The list as one that can be asked. */
export function askedList({ uids, ...kind }: ObjectList): AskedList {
  const listed = new Set(uids);
  return { ...kind, has: (uid) => listed.has(uid) };
}

/** What is known beside a list. */
export interface Beside {
  /** When others are known to have told of all that happened to the kind, as `joined` gives it. */
  readonly watched: readonly Interval[];
  /** False where the list may be of another cluster, or may lack something. */
  readonly isSure: boolean;
}

/** What stands between the uid and the list in the id of an end by a list. */
const BY_LIST = '/not-listed/';

/** Whatever a request or its log says of when something was written, it was written before a list by this much. */
const LONG_BEFORE = MINUTE;

/** When it is to be asked what is there by a history, to compare it with a list: clocks of API servers may be ahead. */
export const instantOf = ({ at }: Pick<ListedKind, 'at'>): Instant => at + CLOCKS_DIFFER;

/**
 * The versions of objects that were written before a list and are not in it, though the history ends them nowhere: they were deleted, and
 * nobody told.
 *
 * @param versions valid at `instantOf(list)`, at least those of the kind.
 */
export function notListed(list: AskedList, versions: Iterable<Version>): Version[] {
  const missing: Version[] = [];
  for (const version of versions) {
    const { group, resource, name, uid } = version;
    if (group !== list.group || resource !== list.resource || name === '' || uid === '') continue;
    if (!list.has(uid) && isBefore(version, list)) missing.push(version);
  }
  return missing;
}

function isBefore({ resourceVersion, validFrom }: Version, list: ListedKind): boolean {
  return areComparable(resourceVersion, list.resourceVersion)
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
  list: AskedList,
  beside: Beside,
): (version: Version, changes: readonly Change[]) => Change[] {
  return (version, changes) => {
    if (changes.some(({ uid }) => uid !== undefined && list.has(uid))) return [];
    const end = goneBy(list, version, changes, beside);
    if (beside.isSure) return [end];
    const message = `${placeText(version)} was not in a list of all objects of its kind, and nobody told of its deletion: whether that list is whole, and of this cluster, is not known.`;
    // Where it is known later whose list it is, it says more.
    const id = `${end.id}/open`;
    const doubt = { reason: NOT_LISTED, may: 'be-gone', message } as const;
    return [{ ...end, id, eventId: id, what: 'doubtful', doubt }];
  };
}

function goneBy(
  list: ListedKind,
  { group, resource, namespace, name, uid }: Version,
  changes: readonly Change[],
  { watched, isSure }: Beside,
): Change {
  const own = changes.filter((change) => change.uid === uid);
  const shown = own.filter(({ what }) => what === 'present');
  // Of what no sight shows, what is doubtful of it tells that it was there.
  const told = shown.length > 0 ? shown : own;
  const seen = Math.max(...told.map(({ at }) => at));
  const asked = Math.max(...told.map(({ receivedAt }) => receivedAt));
  const at = Math.max(list.at, seen);
  const until = watched.find(({ start, end }) => start <= seen && seen < end)?.end;
  const since = Math.min(until ?? (isSure ? asked : seen + 1), at);
  const id = `watch/${uid}${BY_LIST}${list.resourceVersion === '' ? list.at : list.resourceVersion}`;
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

/** True for the end of an object that a list does not show. */
export const isAbsence = ({ what, id }: Pick<Change, 'what' | 'id'>): boolean =>
  what === 'gone' && id.startsWith('watch/') && id.includes(BY_LIST);

/**
 * The ends by lists that say something: of objects that nothing else has ended by then. Which of them were there when a list was held against
 * the history, and which were told of later, so makes no difference.
 *
 * @param versions of their name, by all but these.
 */
export const neededAbsences = (absences: readonly Change[], versions: readonly Version[]): Change[] =>
  absences.filter((absence) => {
    const { validTo = Infinity } = versions.findLast(({ uid }) => uid === absence.uid) ?? {};
    return validTo > instantOf(absence);
  });
