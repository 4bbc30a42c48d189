import { compareResourceVersions, type Instant } from '@margay/ground';
import { foldKey, type Change, type Version } from '@margay/history';

/** What must be known of a key to go on with a change that is later than all of its changes. */
export interface KeyTail {
  /** How many changes its versions were folded from. */
  readonly changes: number;
  /** Of the latest change; absent where there is none. */
  readonly latestAt?: Instant;
  /** The greatest resourceVersion that was seen. */
  readonly latestVersion?: string;
  /** True where every object that was heard of has a version, so that the last version is of the last object. */
  readonly plain: boolean;
  /** The first characters of the uids of all objects that were heard of, sorted: whoever is not there is new. */
  readonly objects: readonly string[];
  /** The last version in time. */
  readonly last?: Version;
}

/** How many characters of a uid `KeyTail.objects` has. Two objects that share them cost a folding, no more. */
export const UID_CHARACTERS = 8;

/** A key of which nothing is known. */
export const NEW_KEY: KeyTail = { changes: 0, plain: true, objects: [] };

/** A tail that was extended, and what stands in the place of its last version now, in time order. */
export interface Extension {
  readonly tail: KeyTail;
  readonly versions: readonly Version[];
}

/**
 * The tail with one more change, without looking at the changes before; undefined where they must be looked at.
 *
 * For a change that is later than all others, by time and by resourceVersion, the last version says all that folding
 * needs to know of the past: it is folded as the change that began it. This spares reading and folding the whole
 * history of a name that changes often.
 */
export function extended(tail: KeyTail, change: Change): Extension | undefined {
  const { latestAt = -Infinity, latestVersion, plain, last } = tail;
  if (!plain || change.at <= latestAt) return undefined;
  const next = { ...tail, changes: tail.changes + 1, latestAt: change.at };
  if (change.what === 'gone') {
    if (last === undefined) return undefined;
    // An end without uid is that of the object that was there when it was asked for.
    if (change.uid === undefined ? change.receivedAt < last.validFrom : change.uid !== last.uid)
      return undefined;
    return folded(next, last.validTo === undefined ? foldKey([begunBy(last), change]) : [last]);
  }
  const { resourceVersion, uid } = change;
  if (uid === undefined || resourceVersion === undefined || change.content === undefined) return undefined;
  if (compareResourceVersions(resourceVersion, latestVersion) <= 0) return undefined;
  const seen = { ...next, latestVersion: resourceVersion };
  if (uid === last?.uid)
    return folded(seen, last.validTo === undefined ? foldKey([begunBy(last), change]) : [last]);
  const object = uid.slice(0, UID_CHARACTERS);
  if (tail.objects.includes(object)) return undefined;
  const known = { ...seen, objects: [...tail.objects, object].toSorted() };
  if (last === undefined) return tail.changes === 0 ? folded(known, foldKey([change])) : undefined;
  return folded(
    known,
    last.validTo === undefined ? foldKey([begunBy(last), change]) : [last, ...foldKey([change])],
  );
}

/** The tail of a key whose versions were folded from all of its changes. */
export function tailOf(changes: readonly Change[], versions: readonly Version[]): KeyTail {
  let latestAt = -Infinity;
  let latestVersion: string | undefined;
  for (const { at, what, resourceVersion } of changes) {
    if (at > latestAt) latestAt = at;
    if (what === 'present' && compareResourceVersions(resourceVersion, latestVersion) > 0)
      latestVersion = resourceVersion;
  }
  const shown = new Set(versions.map(({ uid }) => uid));
  const uids = changes.flatMap(({ uid }) => uid ?? []);
  const last = versions.at(-1);
  return {
    changes: changes.length,
    plain: uids.every((uid) => shown.has(uid)),
    objects: [...new Set(uids.map((uid) => uid.slice(0, UID_CHARACTERS)))].toSorted(),
    ...(changes.length > 0 && { latestAt }),
    ...(latestVersion !== undefined && { latestVersion }),
    ...(last !== undefined && { last }),
  };
}

function folded(tail: KeyTail, versions: readonly Version[]): Extension {
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
