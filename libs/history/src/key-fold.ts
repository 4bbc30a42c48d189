import { compareResourceVersions, type Instant } from '@margay/ground';
import { type Change, isWitness } from './change.ts';
import { CLOCKS_DIFFER, epochsOf } from './epochs.ts';
import { foldKey } from './fold.ts';
import { sameJson } from './json.ts';
import { isAbsence } from './not-listed.ts';
import { END_MISSED } from './object-doubt.ts';
import { isToldLate } from './watched.ts';
import { isBirth } from './unseen-birth.ts';
import type { Version } from './version.ts';

/**
 * Which folding this is. It is raised with every mend by which the same changes give other versions, or another tail: stores fold
 * anew what another one has folded, and never go on from there.
 */
export const FOLD = 6;

/** What must be known of a key to go on with a change that is later than all of its changes. */
export interface KeyTail {
  /** How many changes its versions were folded from. */
  readonly changes: number;
  /** Of the latest change; absent where there is none. */
  readonly latestAt?: Instant;
  /** The greatest resourceVersion that was seen. */
  readonly latestVersion?: string;
  /** How often the spec of the last object had been changed when it was seen last, where it says so. */
  readonly latestGeneration?: number;
  /** True where every object that was heard of has a version, and the counter never went back, so that the last version is of the last object. */
  readonly plain: boolean;
  /** The first characters of the uids of all objects that were heard of, sorted: whoever is not there is new. */
  readonly objects: readonly string[];
  /** Those of them of which it is told when they were made, in the same form. */
  readonly births?: readonly string[];
  /** The last version in time. */
  readonly last?: Version;
  /** The last version is of an object that only its end showed: a sight of it while it was there would replace that. */
  readonly onlyEnd?: true;
  /** What comes next must be seen together with all before: it can settle a doubt from its beginning on. */
  readonly needsAll?: true;
}

/** How many characters of a uid `KeyTail.objects` has. Two objects that share them cost a folding, no more. */
export const UID_CHARACTERS = 8;

/** A key of which nothing is known. */
export const NEW_KEY: KeyTail = { changes: 0, plain: true, objects: [] };

/** A key of which nothing can be gone on from: with the next change everything is folded anew. */
export const unknownTail = (changes: number): KeyTail => ({
  changes,
  plain: false,
  objects: [],
  needsAll: true,
});

/** Versions in time order, and the tail to go on from. */
export interface KeyFold {
  readonly tail: KeyTail;
  readonly versions: readonly Version[];
}

/** The versions of a key, folded from all of its changes, each id once. */
export function foldWhole(changes: readonly Change[]): KeyFold {
  const versions = foldKey(changes);
  return { tail: tailOf(changes, versions), versions };
}

/**
 * Goes on from a tail with more changes of its key, in whatever order, none of which it counts already.
 *
 * Changes that are later than all before, by time and by resourceVersion, cost what they are themselves, however long the
 * history of their name is: the last version says all that folding needs to know of the past.
 *
 * @returns what stands in the place of the tail's last version now: with the versions before, what `foldWhole` gives for
 *   all changes. Undefined where the changes before must be looked at, so that only `foldWhole` helps.
 */
export function foldOn(tail: KeyTail, changes: readonly Change[]): KeyFold | undefined {
  if (tail.needsAll || changes.some(needsAll)) return undefined;
  if (changes.some((change) => isBirthOfNew(change, tail) || isLateOfKnown(change, tail))) return undefined;
  let next = tail;
  const versions = tail.last === undefined ? [] : [tail.last];
  for (const change of changes.toSorted((a, b) => a.at - b.at)) {
    const step = stepOn(next, change);
    if (step === undefined) return undefined;
    versions.pop();
    versions.push(...step.versions);
    next = step.tail;
  }
  return { tail: next, versions };
}

/** True for what is no fact about one whole object: it is to be seen together with all others. */
const needsAll = (change: Change): boolean =>
  change.name === '' ||
  isAbsence(change) ||
  (change.what !== 'present' && change.what !== 'gone' && !isWitness(change) && !isBirth(change));

/** True for what a watch tells late, but for the first of an object that was not seen to be made: that is not said to be its beginning. */
const isLateOfKnown = (change: Change, { objects }: Pick<KeyTail, 'objects'>): boolean =>
  isToldLate(change) &&
  (change.what === 'gone' ||
    change.created === true ||
    objects.includes((change.uid ?? '').slice(0, UID_CHARACTERS)));

/** True for when an object was made, where that is told for the first time: later it adds nothing. */
const isBirthOfNew = (change: Change, { births = [] }: KeyTail): boolean =>
  isBirth(change) && !births.includes((change.uid ?? '').slice(0, UID_CHARACTERS));

/** Goes on with one change: the last version is folded as the change that began it. */
function stepOn(tail: KeyTail, change: Change): KeyFold | undefined {
  const { latestAt = -Infinity, latestVersion, plain, last } = tail;
  if (isBirth(change) && plain && last !== undefined)
    return ending({ ...tail, changes: tail.changes + 1 }, [last]);
  if (!plain || change.at <= latestAt || last?.doubt !== undefined || last?.restored) return undefined;
  const { onlyEnd, ...kept } = tail;
  if (onlyEnd && change.uid === last?.uid) return undefined;
  const next = { ...kept, changes: tail.changes + 1, latestAt: change.at };
  if (isWitness(change))
    return last === undefined || saysNothing(change, last)
      ? ending({ ...tail, ...next }, last === undefined ? [] : [last])
      : undefined;
  if (change.what === 'gone') {
    if (last === undefined) return undefined;
    // An end without uid is that of the object that was there when it was asked for.
    if (change.uid === undefined ? change.receivedAt < last.validFrom : change.uid !== last.uid)
      return undefined;
    if (change.uid === undefined && change.doubt && last.validTo !== undefined) return undefined;
    const ended = ending(next, last.validTo === undefined ? foldKey([begunBy(last), change]) : [last]);
    return onlyEnd ? { ...ended, tail: { ...ended.tail, onlyEnd } } : ended;
  }
  const { resourceVersion, uid } = change;
  if (uid === undefined || resourceVersion === undefined || change.content === undefined) return undefined;
  if (isRepeat(change, tail)) return ending({ ...tail, ...next }, [last as Version]);
  if (compareResourceVersions(resourceVersion, latestVersion) <= 0) return undefined;
  const { latestGeneration: before, ...others } = next;
  const { generation } = change;
  const seen = {
    ...others,
    latestVersion: resourceVersion,
    ...(generation !== undefined && { latestGeneration: generation }),
  };
  if (uid === last?.uid && tellsOfMissed(change, before, latestVersion)) return undefined;
  // An object that comes back was restored with the cluster's store.
  if (uid === last?.uid && last.validTo !== undefined && change.receivedAt > last.validTo + CLOCKS_DIFFER)
    return undefined;
  // The version that is gone on from stands for all sights of it, which the counters were compared with just now.
  const { generation: _, basedOn: __, ...counted } = change;
  if (uid === last?.uid)
    return ending(seen, last.validTo === undefined ? foldKey([begunBy(last), counted]) : [last]);
  const object = uid.slice(0, UID_CHARACTERS);
  if (tail.objects.includes(object)) return undefined;
  const known = { ...seen, objects: [...tail.objects, object].toSorted() };
  if (last === undefined) return tail.changes === 0 ? ending(known, foldKey([counted])) : undefined;
  // When the one before was heard of last, only all sights tell.
  return last.validTo === undefined ? undefined : ending(known, [last, ...foldKey([counted])]);
}

/** True where something may have been missed between the last sight and this one, which only all of them tell. */
function tellsOfMissed(
  { generation, basedOn, resourceVersion }: Change,
  before: number | undefined,
  latestVersion: string | undefined,
): boolean {
  if (generation !== undefined && before !== undefined && generation > before + 1) return true;
  return (
    basedOn !== undefined &&
    basedOn !== latestVersion &&
    compareResourceVersions(basedOn, resourceVersion) < 0
  );
}

/** True for a later sight of what is there that adds nothing, as reads give them. */
function isRepeat(change: Change, { latestVersion, latestGeneration, last, onlyEnd }: KeyTail): boolean {
  const { uid, resourceVersion, content, generation, created, basedOn, actor } = change;
  if (last === undefined || onlyEnd || uid !== last.uid || resourceVersion !== latestVersion) return false;
  if (created === true || basedOn !== undefined || actor !== undefined) return false;
  return last.validTo === undefined && generation === latestGeneration && sameJson(content, last.content);
}

/** True for a request that found the name as the last version says. */
const saysNothing = ({ what, receivedAt }: Change, { validTo }: Version): boolean =>
  what === 'there' || (validTo !== undefined && validTo <= receivedAt);

/** The tail of a key whose versions were folded from all of its changes. */
function tailOf(changes: readonly Change[], versions: readonly Version[]): KeyTail {
  // What a request that found the name free tells of a missed end, a later sight of the object takes back.
  const late = changes.filter(isToldLate);
  const isLate = late.some((change) => isLateOfKnown(change, { objects: objectsBefore(change, changes) }));
  if (isLate || changes.some(needsAll) || versions.some(({ doubt }) => doubt?.reason === END_MISSED)) {
    return unknownTail(changes.length);
  }
  let latestAt = -Infinity;
  let latestVersion: string | undefined;
  for (const { at, what, resourceVersion } of changes) {
    if (at > latestAt) latestAt = at;
    if (what === 'present' && compareResourceVersions(resourceVersion, latestVersion) > 0)
      latestVersion = resourceVersion;
  }
  const shown = new Set(versions.map(({ uid }) => uid));
  const uids = changes.flatMap(({ uid }) => uid ?? []);
  const births = changes.filter(isBirth).flatMap(({ uid }) => uid ?? []);
  const last = versions.at(-1);
  const latestGeneration = generationOf(changes, last?.uid);
  return {
    changes: changes.length,
    plain: uids.every((uid) => shown.has(uid)) && epochsOf(changes).length === 1,
    objects: shortened(uids),
    ...(births.length > 0 && { births: shortened(births) }),
    ...(changes.length > 0 && { latestAt }),
    ...(latestVersion !== undefined && { latestVersion }),
    ...(latestGeneration !== undefined && { latestGeneration }),
    ...(last !== undefined && { last }),
    ...(last !== undefined &&
      !changes.some(({ what, uid }) => what === 'present' && uid === last.uid) && { onlyEnd: true }),
  };
}

/** The object, where something was seen of it before. */
const objectsBefore = ({ uid, resourceVersion }: Change, changes: readonly Change[]): readonly string[] =>
  uid !== undefined &&
  changes.some((one) => one.uid === uid && compareResourceVersions(one.resourceVersion, resourceVersion) < 0)
    ? shortened([uid])
    : [];

const shortened = (uids: readonly string[]): string[] =>
  [...new Set(uids.map((uid) => uid.slice(0, UID_CHARACTERS)))].toSorted();

/** Of the newest version of an object, as it was seen first. */
function generationOf(changes: readonly Change[], uid: string | undefined): number | undefined {
  let newest: Change | undefined;
  for (const change of changes) {
    if (change.what !== 'present' || change.uid !== uid) continue;
    const order = compareResourceVersions(change.resourceVersion, newest?.resourceVersion);
    if (newest === undefined || order > 0 || (order === 0 && isSeenBefore(change, newest))) newest = change;
  }
  return newest?.generation;
}

const isSeenBefore = (a: Change, b: Change): boolean => a.at < b.at || (a.at === b.at && a.id < b.id);

function ending(tail: KeyTail, versions: readonly Version[]): KeyFold {
  const last = versions.at(-1);
  return { tail: { ...tail, ...(last !== undefined && { last }) }, versions };
}

/** The change that a version would follow from. */
function begunBy(version: Version): Change {
  const { group, resource, namespace, name, uid, resourceVersion, validFrom, content, seenMidLife, actor } =
    version;
  return {
    id: '',
    eventId: '',
    what: 'present',
    group,
    resource,
    namespace,
    name,
    uid,
    resourceVersion,
    at: validFrom,
    receivedAt: validFrom,
    content,
    created: seenMidLife !== true,
    origin: { source: '', position: 0 },
    ...(actor !== undefined && { actor }),
  };
}
