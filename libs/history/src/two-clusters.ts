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
import { TWO_CLUSTERS } from './object-doubt.ts';

/** A sight of an object at a resourceVersion, the number that its last write was given. */
export interface NumberedSight extends Key, Pick<Change, 'at' | 'receivedAt' | 'created'> {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** Two objects that were given one number. */
export type Meeting = readonly [first: NumberedSight, second: NumberedSight];

/** An object that was created with a lesser number than one that had been there before, and was there afterwards. */
export interface Outlived {
  readonly birth: NumberedSight;
  readonly by: NumberedSight;
}

/** What clocks of API servers that are set may differ by, at the most. */
export const CLOCKS_APART_MAX = MINUTE;

/** Whether the objects of a kind are counted by the cluster's own counter: what another API server keeps may be counted by another one. */
export const isOfOwnCounter = (of: Pick<Key, 'group' | 'resource'>): boolean =>
  kindOf(of)?.hasStorageForm !== true;

/** What a change tells of the cluster's own counter. */
export function numberedSight(change: Change): NumberedSight | undefined {
  const { what, group, resource, namespace, name, uid, resourceVersion, at, receivedAt, created } = change;
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
  };
}

/**
 * The doubt about everything where two clusters tell their changes under one name and uid: one was made of a snapshot of the other's
 * store, and both go on. Undefined where one cluster can have told all of it.
 *
 * A store gives each write a number of its own. So two objects with one number show that it was given twice: the store was restored
 * from a backup, or there are two. Where it was restored, what had been created with a greater number is gone for good. So an object
 * that was created before another one of its kind, with a greater number, and was seen after the creation of that, shows that its store
 * goes on: of one kind, since kinds can be put into stores of their own, where numbers meet and nothing else is amiss.
 */
export function twoClustersIn(changes: Iterable<Change>): Change | undefined {
  if (!isAnyTwice(changes)) return undefined;
  const byKind = new Map<string, NumberedSight[]>();
  for (const change of changes) {
    const sight = numberedSight(change);
    if (sight === undefined) continue;
    const kind = resourceName(sight);
    const known = byKind.get(kind);
    if (known) known.push(sight);
    else byKind.set(kind, [sight]);
  }
  const kinds = [...byKind.values()];
  const meeting = firstMeeting(kinds.flat());
  if (meeting === undefined) return undefined;
  const [outlived] = kinds
    .flatMap((sights) => firstOutlived(sights) ?? [])
    .sort((a, b) => a.birth.receivedAt - b.birth.receivedAt || compareTexts(a.birth.uid, b.birth.uid));
  return outlived && twoClusters(meeting, outlived, toldSince(meeting, outlived.birth));
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

/** The number that was given twice earliest. */
function firstMeeting(sights: readonly NumberedSight[]): Meeting | undefined {
  const byNumber = new Map<string, NumberedSight>();
  for (const sight of sights.toSorted(inTime)) {
    const known = byNumber.get(sight.resourceVersion);
    if (known === undefined) byNumber.set(sight.resourceVersion, sight);
    else if (known.uid !== sight.uid) return [known, sight];
  }
  return undefined;
}

function firstOutlived(sights: readonly NumberedSight[]): Outlived | undefined {
  const lastAsked = new Map<string, Instant>();
  const births = new Map<string, NumberedSight>();
  for (const sight of sights.toSorted(inTime)) {
    lastAsked.set(sight.uid, Math.max(lastAsked.get(sight.uid) ?? -Infinity, sight.receivedAt));
    if (sight.created === true && !births.has(sight.uid)) births.set(sight.uid, sight);
  }
  const all = [...births.values()];
  const byEnd = all.toSorted((a, b) => a.at - b.at);
  /** Those that were there by then, by number: where the greatest is of no use any more, it never will be. */
  const there: NumberedSight[] = [];
  let next = 0;
  for (const birth of all.toSorted((a, b) => a.receivedAt - b.receivedAt || compareTexts(a.uid, b.uid))) {
    for (; next < byEnd.length && isBefore(byEnd[next]!, birth); next++) {
      const one = byEnd[next]!;
      const place = there.findLastIndex((other) => compareNumbers(other, one) <= 0) + 1;
      there.splice(place, 0, one);
    }
    while (there.length > 0 && !isAfter(lastAsked.get(there.at(-1)!.uid)!, birth)) there.pop();
    const by = there.at(-1);
    if (by !== undefined && compareNumbers(by, birth) > 0) return { birth, by };
  }
  return undefined;
}

const isBefore = ({ at }: NumberedSight, birth: NumberedSight): boolean =>
  at + CLOCKS_APART_MAX < birth.receivedAt;
const isAfter = (asked: Instant, birth: NumberedSight): boolean => asked > birth.at + CLOCKS_APART_MAX;

/** By the numbers that they were given. */
export const compareNumbers = (a: NumberedSight, b: NumberedSight): number =>
  compareResourceVersions(a.resourceVersion, b.resourceVersion);

const inTime = (a: NumberedSight, b: NumberedSight): number =>
  a.at - b.at || a.receivedAt - b.receivedAt || compareTexts(a.uid, b.uid);

/** From when on both are known to have told something. */
export const toldSince = ([, second]: Meeting, birth: NumberedSight): Instant =>
  Math.min(second.receivedAt, birth.receivedAt);

/** The doubt about everything. @param since from when on both are known to have told something. */
export function twoClusters([first, second]: Meeting, { birth, by }: Outlived, since: Instant): Change {
  const id = `two-clusters/${by.uid}/${birth.uid}`;
  return {
    id,
    eventId: id,
    group: '',
    resource: '',
    namespace: '',
    name: '',
    what: 'doubtful',
    at: birth.at,
    receivedAt: since,
    doubt: {
      reason: TWO_CLUSTERS,
      may: 'be-anything',
      message: `Two clusters tell their changes under this name and uid: one is a copy of the other, made of a snapshot of its store. From ${formatInstant(since)} on nobody knows what is of which. ${placeOf(first)} and ${placeOf(second)} both have the resourceVersion ${first.resourceVersion}, which one store gives once; and ${placeOf(by)}, created with ${by.resourceVersion}, was still there when ${placeOf(birth)} had been created with ${birth.resourceVersion}, as nothing is after a restore. End the copy or keep it from telling anything here, and give the cluster that stays a new name: the history under this one stays in doubt.`,
    },
    origin: { source: '', position: 0 },
  };
}

const placeOf = ({ resource, namespace, name, uid }: NumberedSight): string =>
  `${resource} ${[namespace, name].filter((part) => part !== '').join('/')} (uid ${uid})`;
