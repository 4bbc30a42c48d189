import { compareResourceVersions, compareTexts, type Instant, type Interval } from '@margay/ground';
import { type Change, compareOrigins } from './change.ts';
import { CLOCKS_DIFFER, epochsOf } from './epochs.ts';
import { sameJson } from './json.ts';
import { METADATA_ONLY } from './project.ts';
import { isToldLate, isWatched } from './watched.ts';
import type { EndedBy } from './version.ts';

/** All that is known of one object: one uid under one name. */
export interface Life {
  readonly uid: string;
  /** One for each resourceVersion, in their order, the first sight of it; never empty. */
  readonly shown: readonly Change[];
  /** When it was first seen. */
  readonly bornAt: Instant;
  /** When it was last heard of, if only by its end. */
  readonly lastAt: Instant;
  readonly end?: Instant;
  /** Absent with an end where the object went on, counted anew. */
  readonly endedBy?: EndedBy;
  /** In it the cluster's counter went back, which this is the first sight after. */
  readonly restored?: Interval;
}

type Ending = { -readonly [field in keyof Life]: Life[field] };

/**
 * The objects that one name had, one after another.
 *
 * Order is that of their first resourceVersions, for one counter runs through a whole cluster, while the events of
 * several API servers come with several clocks. Each ends by the earliest of: its own end, the birth of one after it,
 * and an end that says the name only. Where the counter went back, lives begin anew, of the same objects too: a restored
 * store has objects that had ended.
 */
export function livesOf(changes: readonly Change[]): Life[] {
  const epochs = epochsOf(changes);
  if (epochs.length === 1) return livesInEpoch(changes);
  const lives: Life[] = [];
  for (const { changes: ofEpoch, restored } of epochs.toReversed()) {
    const own = livesInEpoch(ofEpoch);
    const [first, next] = [firstBorn(own), firstBorn(lives)];
    const marked = own.map((life) =>
      life === first && restored !== undefined ? { ...life, restored } : life,
    );
    lives.unshift(...(next === undefined ? marked : marked.map((life) => endedBefore(life, next))));
  }
  return lives;
}

function firstBorn(lives: readonly Life[]): Life | undefined {
  let first: Life | undefined;
  for (const life of lives) if (first === undefined || life.bornAt < first.bornAt) first = life;
  return first;
}

/** Ends a life where the first one after the counter went back begins. */
function endedBefore(life: Life, next: Life): Life {
  if (life.end !== undefined && life.end <= next.bornAt) return life;
  const { endedBy: _, ...rest } = life;
  return { ...rest, end: next.bornAt, ...(life.uid !== next.uid && { endedBy: 'successor' as const }) };
}

function livesInEpoch(changes: readonly Change[]): Life[] {
  const only = onlyUid(changes);
  if (only !== undefined) {
    const life = lifeOf(only, changes);
    return life ? [life] : [];
  }
  const byUid = new Map<string, Change[]>();
  const nameless: Change[] = [];
  for (const change of changes) {
    if (change.uid === undefined) nameless.push(change);
    else {
      const known = byUid.get(change.uid);
      if (known) known.push(change);
      else byUid.set(change.uid, [change]);
    }
  }
  const found: Ending[] = [];
  const unseen: Change[][] = [];
  for (const [uid, known] of byUid) {
    const life = lifeOf(uid, known);
    if (life) found.push(life);
    else unseen.push(known);
  }
  const lives = found.length > 1 ? inOrder(found) : found;
  endBySuccessors(lives);
  for (const ends of unseen) endByUnseen(lives, ends);
  const settled = lives.map(({ end }) => end);
  for (const end of nameless) endByName(lives, settled, end);
  return lives;
}

/** The uid, where all changes have the same one, as most names do. */
function onlyUid(changes: readonly Change[]): string | undefined {
  const uid = changes[0]?.uid;
  for (const change of changes) if (change.uid !== uid) return undefined;
  return uid;
}

function lifeOf(uid: string, changes: readonly Change[]): Ending | undefined {
  const present: Change[] = [];
  const lastSeen: Change[] = [];
  let end = Infinity;
  let lastAt = -Infinity;
  for (const change of changes) {
    if (change.at > lastAt) lastAt = change.at;
    if (change.what === 'present') present.push(change);
    else {
      if (change.at < end) end = change.at;
      // Of an object that only its end shows, that it was there when the request for its end came in.
      if (change.content) lastSeen.push({ ...change, created: false });
    }
  }
  // Of one that was told late no more is known than that it was there until then.
  const lastThere = lastSeen.map((one) => ({
    ...one,
    at: isToldLate(one) ? Math.max(one.receivedAt, end - 1) : one.receivedAt,
  }));
  const shown = begunInTime(onePerVersion(present.length > 0 ? present : lastThere));
  if (shown.length === 0) return undefined;
  let bornAt = Infinity;
  for (const { at } of shown) if (at < bornAt) bornAt = at;
  return end < Infinity
    ? { uid, shown, bornAt, lastAt, end, endedBy: 'event' }
    : { uid, shown, bornAt, lastAt };
}

/** By the first resourceVersion; those without any, which the API server left out of its last answer, by time. */
function inOrder(found: readonly Ending[]): Ending[] {
  const first = ({ shown }: Life) => shown[0]?.resourceVersion;
  const byTime = (a: Life, b: Life) => a.bornAt - b.bornAt || compareTexts(a.uid, b.uid);
  const lives = found
    .filter((life) => first(life) !== undefined)
    .sort((a, b) => compareResourceVersions(first(a), first(b)) || byTime(a, b));
  for (const life of found.filter((one) => first(one) === undefined).sort(byTime)) {
    const next = lives.findIndex(({ bornAt }) => bornAt > life.bornAt);
    lives.splice(next === -1 ? lives.length : next, 0, life);
  }
  return lives;
}

function endBySuccessors(lives: readonly Ending[]): void {
  let nextBornAt = Infinity;
  for (let i = lives.length - 1; i >= 0; i--) {
    const life = lives[i] as Ending;
    if (nextBornAt < Infinity) endAt(life, nextBornAt, 'successor');
    nextBornAt = Math.min(nextBornAt, life.bornAt);
  }
}

/**
 * An object of which only its end was seen had the name until then, so those of which nothing was heard since that end
 * was asked for were gone by then.
 */
function endByUnseen(lives: readonly Ending[], ends: readonly Change[]): void {
  let asked = Infinity;
  for (const { receivedAt } of ends) asked = Math.min(asked, receivedAt);
  for (const life of lives) {
    if (life.lastAt <= asked) endAt(life, asked, 'successor');
  }
}

/** An end without uid is that of the object that was there when it was asked for, else of the first one born meanwhile. */
function endByName(
  lives: readonly Ending[],
  settled: readonly (Instant | undefined)[],
  { receivedAt, at }: Change,
): void {
  const there = lives.findLastIndex(({ bornAt }) => bornAt <= receivedAt);
  const life = lives[there];
  if (life && (settled[there] ?? Infinity) > receivedAt) endAt(life, at, 'event');
  else {
    const born = lives.find(({ bornAt }) => receivedAt < bornAt && bornAt <= at);
    if (born) endAt(born, at, 'event');
  }
}

/** Ends a life at the instant or, where that is known already, before. That an event said so is the better reason. */
function endAt(life: Ending, end: Instant, endedBy: EndedBy): void {
  life.endedBy = life.endedBy === 'event' ? 'event' : endedBy;
  life.end = Math.min(life.end ?? Infinity, end);
}

/** The first sight of each resourceVersion, in the order of resourceVersions. */
function onePerVersion(seen: readonly Change[]): readonly Change[] {
  if (isAscending(seen)) return seen;
  const sorted = [...seen].sort(
    (a, b) => compareResourceVersions(a.resourceVersion, b.resourceVersion) || compareSights(a, b),
  );
  const once: Change[] = [];
  for (const change of sorted) {
    const last = once.at(-1);
    if (last === undefined || last.resourceVersion !== change.resourceVersion) once.push(change);
    else once[once.length - 1] = joinedSight(last, change);
  }
  return once;
}

/**
 * A version that was answered after a newer one, although it was asked for before that was answered, was stored before it:
 * it was there for a moment, which began when it was asked for at the earliest.
 */
function begunInTime(shown: readonly Change[]): readonly Change[] {
  const newerAt: Instant[] = [];
  let least = Infinity;
  let inTime = true;
  for (let i = shown.length - 1; i >= 0; i--) {
    const { at } = shown[i] as Change;
    newerAt[i] = least;
    if (at > least) inTime = false;
    least = Math.min(least, at);
  }
  if (inTime) return shown;
  let before = -Infinity;
  return shown.map((change, i) => {
    const newer = newerAt[i] as Instant;
    const { at, receivedAt } = change;
    const begun = Math.max(receivedAt, before + 1);
    // What a watch told was written at any time before the newer one: it knows of no request.
    const stored = isWatched(change) ? newer : begun < newer ? begun : at;
    const begins = at > newer && receivedAt < newer ? stored : at;
    before = Math.max(before, begins);
    return begins === at ? change : { ...change, at: begins };
  });
}

function isAscending(seen: readonly Change[]): boolean {
  for (let i = 1; i < seen.length; i++) {
    if (compareResourceVersions(seen[i - 1]?.resourceVersion, seen[i]?.resourceVersion) >= 0) return false;
  }
  return true;
}

/** By time. What remains equal then is told apart by whatever differs, so that no order of arrival shows. */
function compareSights(a: Change, b: Change): number {
  return (
    a.at - b.at ||
    compareTexts(a.id, b.id) ||
    (sameJson(a, b)
      ? 0
      : compareTexts(JSON.stringify([a.content, a.actor]), JSON.stringify([b.content, b.actor])) ||
        compareOrigins(a, b))
  );
}

/** The first of two sights of one resourceVersion, with the content of the first one that was whole. */
function joinedSight(first: Change, next: Change): Change {
  const created = first.created === true || next.created === true;
  const content = isPartial(first) && !isPartial(next) ? next.content : first.content;
  const actor = first.actor ?? (mayHaveMade(next, first) ? next.actor : undefined);
  const { actor: _, ...facts } = { ...next, ...first };
  return {
    ...facts,
    ...(actor && { actor }),
    ...(content && { content }),
    ...(created && { created }),
  };
}

/**
 * Whether a request can have made a version that was seen at another time: of one that came in when the version was there already
 * whoever asked changed nothing. What two sources tell is told by two clocks.
 */
function mayHaveMade({ receivedAt, origin, created }: Change, seen: Change): boolean {
  const apart = origin.source === seen.origin.source ? 0 : CLOCKS_DIFFER;
  return created === true || receivedAt <= seen.at + apart;
}

/** True when the API server showed the metadata only. */
export const isPartial = ({ content }: Change): boolean => content?.[METADATA_ONLY] === true;
