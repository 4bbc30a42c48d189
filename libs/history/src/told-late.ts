import { compareResourceVersions, type Instant, type KubernetesObject } from '@margay/ground';
import type { Change } from './change.ts';
import type { Doubtful, OpenDoubt } from './doubtful.ts';
import { isRead } from './event-verb.ts';
import { sameJson } from './json.ts';
import type { Life } from './lives.ts';
import { isAbsence } from './not-listed.ts';
import { type May, NOT_LISTED, TOLD_LATE } from './object-doubt.ts';
import { placeText } from './place.ts';
import type { OpenLife } from './seen-object.ts';
import type { Version } from './version.ts';
import { isToldLate, isWatched, TOLD_AT_ONCE } from './watched.ts';

/** When something happened, by all that tells of it: after `from`, and by `to`. */
interface Within {
  readonly from: Instant;
  readonly to: Instant;
}

/** What the name has with what is open since it is not known when it happened. */
interface Late {
  readonly lives: readonly OpenLife[];
  /** About objects before they are known to have been there. */
  readonly unseen: readonly OpenDoubt[];
}

/**
 * What is open of a name since a watch told of it late: it had been away, or its connection hung, so that what it then tells may have
 * happened at any time since it was last known to have told everything.
 *
 * Whatever else tells of the same – an audit event, another watch, a sight of what was before – makes that time shorter. Where it is as
 * short as that of a watch that tells at once, nothing is open.
 *
 * @param lives as they are by all other evidence. @param facts sights and ends of all of them. @param doubts other things that are open.
 * @param versionsOf the contents of a life.
 */
export function toldLate(
  lives: readonly OpenLife[],
  facts: readonly Change[],
  doubts: readonly Doubtful[],
  versionsOf: (life: Life) => readonly Version[],
): Late {
  const byUid = Map.groupBy(facts, ({ uid }) => uid);
  // An end may say the name alone.
  const changesOf = ({ life }: OpenLife) => [...(byUid.get(life.uid) ?? []), ...(byUid.get(undefined) ?? [])];
  const ends = lives.map((one) => endOf(one.life, changesOf(one), doubts));
  const opened = lives.map((one, i): OpenDoubt[] => {
    const end = ends[i];
    const own = changesOf(one);
    const contents = own.some(isToldLate) ? contentsOf(one.life, own, versionsOf(one.life)) : [];
    return end === undefined ? contents : [...contents, end];
  });
  const unseen: OpenDoubt[] = [];
  for (const [i, one] of lives.entries()) {
    const birth = birthOf(one.life, changesOf(one));
    if (birth === undefined) continue;
    const freeAt = lives.slice(0, i).map(({ life: { end = Infinity } }, j) => (ends[j] ? -Infinity : end));
    const start = Math.max(birth.start, ...freeAt.filter((at) => at <= birth.until));
    if (start >= birth.until) continue;
    unseen.push({ ...birth, start, of: { ...birth.of, receivedAt: start, created: true } });
    // Whoever had the name may have been followed by this one.
    for (const [j, { life }] of lives.slice(0, i).entries())
      if ((life.end ?? Infinity) > start) opened[j]?.push({ ...birth, start: Math.max(start, life.bornAt) });
  }
  return {
    lives: lives.map((one, i) => {
      const more = opened[i] ?? [];
      return more.length === 0 ? one : { ...one, open: [...one.open, ...more] };
    }),
    unseen,
  };
}

/** An object that is told to have been created may have been there before. */
function birthOf({ shown, bornAt, restored }: Life, own: readonly Change[]): OpenDoubt | undefined {
  const [first] = shown;
  if (first?.created !== true || restored !== undefined) return undefined;
  const { from } = writtenWithin(first, own);
  return opening(lateSightOf(first, own), { from, to: bornAt }, 'be-anything', 'was created');
}

/** What it had become may have been so before. */
function contentsOf(
  { shown, end = Infinity }: Life,
  own: readonly Change[],
  versions: readonly Version[],
): OpenDoubt[] {
  const open: OpenDoubt[] = [];
  let newerAt = end;
  for (let i = shown.length - 1; i > 0; i--) {
    const change = shown[i] as Change;
    const within = writtenWithin(change, own);
    const to = Math.min(within.to, newerAt);
    newerAt = Math.min(newerAt, change.at);
    const before = versions.findLast(({ validFrom }) => validFrom < to);
    if (before !== undefined && sameJson(before.content, change.content as KubernetesObject)) continue;
    const late = opening(lateSightOf(change, own), { from: within.from, to }, 'differ', 'was changed');
    if (late !== undefined) open.push(late);
  }
  return open;
}

/** The sight of a version that came late; undefined where something else tells of its writing. */
function lateSightOf({ resourceVersion }: Change, own: readonly Change[]): Change | undefined {
  const sights = own.filter((one) => one.what === 'present' && one.resourceVersion === resourceVersion);
  return sights.some(tellsOfWriting) ? undefined : sights.find(isToldLate);
}

const tellsOfWriting = (sight: Change): boolean =>
  isWatched(sight) ? !isToldLate(sight) : sight.actor !== undefined && !isRead(sight);

/** When a version was written, by its own sights and those of versions before it. */
function writtenWithin({ resourceVersion, at }: Change, own: readonly Change[]): Within {
  let from = -Infinity;
  let to = at;
  for (const other of own) {
    if (other.what !== 'present') continue;
    const order = compareResourceVersions(other.resourceVersion, resourceVersion);
    // It was written after what was shown before it was asked for, and while the request that wrote it was under way.
    if (order < 0 || (order === 0 && (isWatched(other) || tellsOfWriting(other))))
      from = Math.max(from, other.receivedAt);
    if (order >= 0) to = Math.min(to, other.at);
  }
  return { from, to };
}

/** An object that is gone may have been so before, but not before it was seen last. */
function endOf(
  { end, endedBy }: Life,
  own: readonly Change[],
  doubts: readonly Doubtful[],
): OpenDoubt | undefined {
  if (end === undefined || endedBy !== 'event') return undefined;
  const ends = own.filter(({ what }) => what === 'gone');
  const told = ends.find(isToldLate);
  if (told === undefined || ends.some((one) => one.at === end && !isToldLate(one))) return undefined;
  let from = -Infinity;
  for (const { receivedAt } of own) if (receivedAt < end) from = Math.max(from, receivedAt);
  for (const { doubt, uid = told.uid, receivedAt } of doubts)
    // It was there when it was deleted.
    if ((doubt.ends === true || doubt.wasThere === true) && uid === told.uid && receivedAt < end)
      from = Math.max(from, receivedAt);
  return opening(told, { from, to: end }, 'be-gone', 'was deleted');
}

/** What is open while it is not known whether it had happened; undefined where that is as good as known. */
function opening(
  change: Change | undefined,
  { from, to }: Within,
  may: May,
  how: string,
): OpenDoubt | undefined {
  if (change === undefined || to - from <= TOLD_AT_ONCE) return undefined;
  const { content: _, created: __, resourceVersion: ___, generation: ____, actor: _____, ...facts } = change;
  const why = isAbsence(change)
    ? {
        reason: NOT_LISTED,
        message: `${placeText(facts)} was not in a list of all objects of its kind, and nobody told of its deletion: when that was is not known.`,
      }
    : {
        reason: TOLD_LATE,
        message: `${placeText(facts)} ${how} while its watch was not heard of: it was told so later, and when it happened is not known.`,
      };
  const of: Doubtful = {
    ...facts,
    id: `${change.id}#late`,
    what: 'doubtful',
    receivedAt: from,
    at: to,
    doubt: { ...why, may },
  };
  return { start: from, until: to, may, of };
}
