import {
  compareResourceVersions,
  compareTexts,
  formatInstant,
  type Instant,
  type Key,
  kindOf,
  MINUTE,
  resourceName,
} from '@margay/ground';
import type { Change } from './change.ts';
import { doubtAboutAll } from './doubtful.ts';
import { COPY_ENDED, TWO_CLUSTERS } from './object-doubt.ts';
import { placeText } from './place.ts';

/** A sight of an object at a resourceVersion, the number that its last write was given. */
export interface NumberedSight extends Key, Pick<Change, 'at' | 'receivedAt' | 'created'> {
  readonly uid: string;
  readonly resourceVersion: string;
  /** By the answer to a write: an API server's cache can show what its store has not, but nobody can write that. */
  readonly written?: boolean;
}

/** Two objects that were given one number. */
export type Meeting = readonly [first: NumberedSight, second: NumberedSight];

/** What shows that two stores gave numbers in turns. */
export interface Turns {
  /** A number that was given once more, to what was created with it. */
  readonly begun: Meeting;
  /** The creation of an object of that kind, before that, with a greater number: what was restored has none of it. */
  readonly by: NumberedSight;
  /** A number that this object was given by a write after all that, and that another write was given afterwards. */
  readonly again: Meeting;
}

/** What clocks of API servers that are set may differ by, at the most. */
export const CLOCKS_APART_MAX = MINUTE;

/** Whether the objects of a kind are counted by the cluster's own counter: what another API server keeps may be counted by another one. */
export const isOfOwnCounter = (of: Pick<Key, 'group' | 'resource'>): boolean =>
  kindOf(of)?.hasStorageForm !== true;

/** What a change tells of the cluster's own counter. */
export function numberedSight(change: Change): NumberedSight | undefined {
  const { what, group, resource, namespace, name, uid, resourceVersion, at, receivedAt, created, actor } =
    change;
  if (what !== 'present' || uid === undefined || resourceVersion === undefined) return undefined;
  if (!isOfOwnCounter(change)) return undefined;
  return {
    group,
    resource,
    namespace,
    name,
    uid,
    resourceVersion,
    at,
    receivedAt,
    ...(created && { created }),
    ...(actor && { written: true }),
  };
}

/**
 * The doubt about everything where two clusters tell their changes under one name and uid: one was made of a snapshot of the other's
 * store, and both go on. Undefined where one cluster can have told all of it.
 *
 * A store gives each write a number of its own. So two objects with one number show that it was given twice: the store was restored from
 * a backup or moved to another one, or there are two. Two are seen to give numbers in turns:
 *
 * - one gave a number, and the other one gave it again, to what was created with it;
 * - after that an object is written that had been created before, with a greater number: a store that was restored has lost that, and
 *   the number of its write is greater still, as none is for long where a store was moved and counts anew;
 * - and the number of that write is given again, by another write.
 *
 * Of one kind, since kinds can be put into stores of their own, where numbers meet and nothing else is amiss.
 *
 * @param after what was asked for up to then says nothing: a copy that went on until then was ended.
 */
export function twoClustersIn(changes: Iterable<Change>, after: Instant = -Infinity): Change | undefined {
  if (!isAnyTwice(changes)) return undefined;
  const sights: NumberedSight[] = [];
  for (const change of changes) {
    const sight = numberedSight(change);
    if (sight !== undefined && sight.receivedAt > after) sights.push(sight);
  }
  const turns = firstTurns(sights.sort(inTime));
  return turns && twoClusters(turns);
}

/**
 * The doubts of `twoClustersIn`, one for each time between those from which on somebody said that a copy was ended: what was given twice
 * before shows nothing afterwards.
 */
export function copiesIn(changes: Iterable<Change>): Change[] {
  if (!isAnyTwice(changes)) return [];
  const ended: Instant[] = [];
  for (const { doubt, at } of changes) if (doubt?.reason === COPY_ENDED) ended.push(at);
  ended.sort((a, b) => a - b);
  return [-Infinity, ...ended].flatMap((after, i) => {
    const doubt = twoClustersIn(changes, after);
    return doubt === undefined || doubt.receivedAt >= (ended[i] ?? Infinity) ? [] : [doubt];
  });
}

/** The quick answer for all but a few: false where no number was given twice. */
function isAnyTwice(changes: Iterable<Change>): boolean {
  const uids = new Map<string, string>();
  for (const { what, uid, resourceVersion } of changes) {
    if (what !== 'present' || uid === undefined || resourceVersion === undefined) continue;
    const known = uids.get(resourceVersion);
    if (known === undefined) uids.set(resourceVersion, uid);
    else if (known !== uid) return true;
  }
  return false;
}

/** @param sights in time order. */
function firstTurns(sights: readonly NumberedSight[]): Turns | undefined {
  const begun: Meeting[] = [];
  const again: Meeting[] = [];
  const births = new Map<string, NumberedSight>();
  for (const sight of sights) if (sight.created && !births.has(sight.uid)) births.set(sight.uid, sight);
  for (const same of Map.groupBy(sights, ({ resourceVersion }) => resourceVersion).values()) {
    for (const sight of same) {
      const first = same.find(({ uid }) => uid !== sight.uid);
      if (first === undefined) break;
      if (isBegun([first, sight])) begun.push([first, sight]);
      const next = same.findLast((other) => isAgain([sight, other]));
      if (next !== undefined) again.push([sight, next]);
    }
  }
  again.sort(([a], [b]) => b.receivedAt - a.receivedAt || compareTexts(a.uid, b.uid));
  begun.sort(([, a], [, b]) => a.receivedAt - b.receivedAt || compareTexts(a.uid, b.uid));
  for (const one of begun) {
    for (const other of again) {
      if (!isBefore(one[1], other[0])) break;
      const by = births.get(other[0].uid);
      if (by !== undefined && isInTurns({ begun: one, by, again: other }))
        return { begun: one, by, again: other };
    }
  }
  return undefined;
}

/** Whether a number was given once more to what was created with it. */
export const isBegun = ([first, second]: Meeting): boolean =>
  second.created === true && first.uid !== second.uid && isBefore(first, second);

/** Whether two writes were given one number, one after the other. */
export const isAgain = ([first, second]: Meeting): boolean =>
  first.written === true && second.written === true && first.uid !== second.uid && first.at < second.at;

/** Whether the creation of an object shows that both meetings are of two stores that go on. */
export const isInTurns = ({ begun: [, birth], by, again: [written] }: Turns): boolean =>
  by.uid === written.uid &&
  resourceName(by) === resourceName(birth) &&
  compareNumbers(by, birth) > 0 &&
  compareNumbers(written, by) > 0 &&
  isBefore(by, birth) &&
  isBefore(birth, written);

const isBefore = ({ at }: NumberedSight, birth: NumberedSight): boolean =>
  at + CLOCKS_APART_MAX < birth.receivedAt;

/** By the numbers that they were given. */
export const compareNumbers = (a: NumberedSight, b: NumberedSight): number =>
  compareResourceVersions(a.resourceVersion, b.resourceVersion);

const inTime = (a: NumberedSight, b: NumberedSight): number =>
  a.at - b.at || a.receivedAt - b.receivedAt || compareTexts(a.uid, b.uid);

/** What no source says. */
const NOWHERE = { source: '', position: 0 };

/** The doubt about everything, from when on the second is known to have told something. */
export function twoClusters({ begun: [first, birth], by, again: [written, next] }: Turns): Change {
  const since = birth.receivedAt;
  const id = `two-clusters/${by.uid}/${birth.uid}`;
  return doubtAboutAll(
    { id, eventId: id, at: birth.at, receivedAt: since, origin: NOWHERE },
    TWO_CLUSTERS,
    `Two clusters tell their changes under this name and uid: one is a copy of the other, made of a snapshot of its store. From ${formatInstant(since)} on nobody knows what is of which. ${placeOf(first)} and ${placeOf(birth)} both have the resourceVersion ${birth.resourceVersion}, which one store gives once; ${placeOf(by)}, created before that with ${by.resourceVersion}, was written with ${written.resourceVersion} afterwards, as nothing is after a restore; and ${placeOf(next)} was given that number once more. End the copy or keep it from telling anything here. Then give the cluster that stays a new name, or say that the copy is ended (margay copy-ended): what both told stays in doubt.`,
  );
}

/** What somebody said who ended a copy of a cluster, or knows that there was none. */
export interface CopyEnded {
  /** Who said so. */
  readonly by: string;
  /** What was done, or why it was none, in their words. */
  readonly because: string;
  readonly said: Instant;
}

/**
 * What is left in doubt where somebody says that a copy was ended. Two clusters leave everything in doubt until then, and no more from
 * then on: what was seen before may be the copy's until it is seen again. It counts from so much later on as clocks may differ, so
 * that nothing that the copy told counts as told afterwards.
 */
export function copyEnded({ by, because, said }: CopyEnded): Change {
  const at = said + CLOCKS_APART_MAX;
  const id = `copy-ended/${said}`;
  return doubtAboutAll(
    { id, eventId: id, at, receivedAt: at, origin: NOWHERE },
    COPY_ENDED,
    `${by} said at ${formatInstant(said)} that no copy of this cluster tells anything here any more: ${because}. What was seen before ${formatInstant(at)} may have been of the copy: each object is open until it is seen again, and a kind until a list shows what there is of it (margay baseline).`,
  );
}

const placeOf = (sight: NumberedSight): string => `${placeText(sight)} (uid ${sight.uid})`;
