import type { Change } from './change.ts';
import { compareResourceVersions, compareTexts } from './order.ts';
import { METADATA_ONLY } from './project.ts';
import type { Resource } from './resource.ts';
import type { Instant } from './time.ts';
import type { EndedBy, Version } from './version.ts';

export interface FoldOptions {
  /** `content` (the default) begins a version where the content changes, `resourceVersion` at every write. */
  readonly every?: 'content' | 'resourceVersion';
}

/** All that is known of one object: one uid under one name. */
interface Life {
  readonly uid: string;
  /** One for each resourceVersion, in their order. */
  readonly shown: readonly Change[];
  readonly bornAt: Instant;
  end: Instant | undefined;
  endedBy: EndedBy | undefined;
}

/**
 * The versions of one name in time order, of every object that had it.
 *
 * Depends on the set of changes alone: their order, repeats and origin never matter. Within an object, order is that of
 * the resourceVersions; a version begins when its write was answered, but never before one with a smaller
 * resourceVersion. Versions that would have no length are left out, since they are valid at no instant. An object ends at
 * its earliest end and never comes back; the birth of another object of the name ends it at the latest.
 *
 * @param changes all of one ResourceKey.
 */
export function foldKey(changes: readonly Change[], { every = 'content' }: FoldOptions = {}): Version[] {
  const lives = livesOf(changes);
  return lives.flatMap((life) => versionsOf(life, every));
}

function livesOf(changes: readonly Change[]): Life[] {
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
  const lives = [...byUid].map(([uid, known]) => lifeOf(uid, known));
  lives.sort(
    (a, b) =>
      a.bornAt - b.bornAt || compareResourceVersions(first(a), first(b)) || compareTexts(a.uid, b.uid),
  );
  for (const { at } of nameless) {
    const hit = lives.findLast(({ bornAt }) => bornAt <= at);
    if (hit && (hit.end === undefined || at < hit.end)) endAt(hit, at, 'event');
  }
  for (const [i, life] of lives.entries()) {
    const next = lives[i + 1];
    if (next && (life.end === undefined || next.bornAt < life.end)) endAt(life, next.bornAt, 'successor');
  }
  return lives;
}

const first = ({ shown }: Life) => shown[0]?.resourceVersion;

function endAt(life: Life, end: Instant, endedBy: EndedBy): void {
  life.endedBy = life.endedBy ?? endedBy;
  life.end = end;
}

function lifeOf(uid: string, changes: readonly Change[]): Life {
  const ends = changes.filter(({ what }) => what === 'gone');
  const end = ends.length === 0 ? undefined : Math.min(...ends.map(({ at }) => at));
  const present = changes.filter(({ what }) => what === 'present');
  const shown = present.length > 0 ? onePerVersion(present) : onePerVersion(lastSeen(ends));
  const bornAt = Math.min(...(shown.length > 0 ? shown : changes).map(({ at }) => at));
  return { uid, shown, bornAt, end, endedBy: end === undefined ? undefined : 'event' };
}

/** Of an object that only its end shows, that it was there when the request for its end came in. */
function lastSeen(ends: readonly Change[]): Change[] {
  return ends
    .filter(({ content }) => content !== undefined)
    .map((change) => ({ ...change, at: change.receivedAt, created: false }));
}

/** The earliest whole sight of each resourceVersion, in the order of resourceVersions. */
function onePerVersion(present: readonly Change[]): Change[] {
  const byVersion = new Map<string, Change>();
  for (const change of present) {
    const key = change.resourceVersion ?? '';
    const known = byVersion.get(key);
    byVersion.set(key, known ? better(known, change) : change);
  }
  return [...byVersion.values()].sort((a, b) =>
    compareResourceVersions(a.resourceVersion, b.resourceVersion),
  );
}

function better(a: Change, b: Change): Change {
  const at = Math.min(a.at, b.at);
  const created = a.created === true || b.created === true;
  const [chosen] = [a, b].sort(
    (x, y) => Number(isPartial(x)) - Number(isPartial(y)) || x.at - y.at || compareTexts(x.id, y.id),
  );
  return { ...chosen!, at, ...(created && { created }) };
}

const isPartial = ({ content }: Change) => content?.[METADATA_ONLY] === true;

function versionsOf({ uid, shown, end, endedBy }: Life, every: 'content' | 'resourceVersion'): Version[] {
  const versions: { -readonly [field in keyof Version]: Version[field] }[] = [];
  let from = -Infinity;
  let text: string | undefined;
  let content: Resource | undefined;
  let seenMidLife = shown[0]?.created !== true;
  for (const change of shown) {
    from = Math.max(from, change.at);
    if (end !== undefined && from >= end) break;
    content = wholeContent(change, content);
    const nextText = JSON.stringify(content);
    const last = versions.at(-1);
    if (last && nextText === text && every === 'content') continue;
    text = nextText;
    const { group, resource, namespace, name, resourceVersion = '', actor } = change;
    const version = {
      group,
      resource,
      namespace,
      name,
      uid,
      resourceVersion,
      validFrom: from,
      content,
      ...(actor && { actor }),
      ...(seenMidLife && { seenMidLife }),
    };
    if (last && last.validFrom === from) versions.pop();
    else if (last) last.validTo = from;
    // What an object was at no instant is not said; that its beginning was missed is.
    if (last?.validFrom !== from) seenMidLife = false;
    versions.push(last?.validFrom === from && last.seenMidLife ? { ...version, seenMidLife: true } : version);
  }
  const last = versions.at(-1);
  if (last && end !== undefined) {
    last.validTo = end;
    last.endedBy = endedBy ?? 'event';
  }
  return everyAdjacentDiffers(versions, every);
}

/** Leaving out a version without length can bring two equal ones side by side: they are one. */
function everyAdjacentDiffers(versions: readonly Version[], every: 'content' | 'resourceVersion'): Version[] {
  if (every === 'resourceVersion') return [...versions];
  const joined: Version[] = [];
  for (const version of versions) {
    const last = joined.at(-1);
    if (last && JSON.stringify(last.content) === JSON.stringify(version.content)) {
      const { validTo: _, endedBy: __, ...begun } = last;
      const { validTo, endedBy } = version;
      joined[joined.length - 1] = {
        ...begun,
        ...(validTo !== undefined && { validTo }),
        ...(endedBy !== undefined && { endedBy }),
      };
    } else joined.push(version);
  }
  return joined;
}

/** Where only the metadata was shown, the rest is that of the version before: its client cannot change more. */
function wholeContent(change: Change, before: Resource | undefined): Resource {
  const content = change.content!;
  if (!isPartial(change)) return content;
  const { [METADATA_ONLY]: _, ...metadataOnly } = content;
  return before ? { ...before, metadata: content.metadata } : (metadataOnly as Resource);
}
