import type { Change } from './change.ts';
import { sameJson } from './fields.ts';
import { isPartial, livesOf, type Life } from './lives.ts';
import { METADATA_ONLY } from './project.ts';
import type { Resource } from './resource.ts';
import type { Instant } from './time.ts';
import type { Version } from './version.ts';

export interface FoldOptions {
  /** `content` (the default) begins a version where the content changes, `resourceVersion` at every write. */
  readonly every?: Every;
}

export type Every = 'content' | 'resourceVersion';

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
  const [only] = lives;
  if (only && lives.length === 1) return versionsOf(only, every);
  return lives.flatMap((life) => versionsOf(life, every));
}

/** What an object was from an instant on. */
interface Point {
  readonly from: Instant;
  readonly change: Change;
  readonly content: Resource;
}

/** The versions of one object in time order. */
export function versionsOf({ uid, shown, end, endedBy }: Life, every: Every): Version[] {
  const points = pointsOf(shown, end, every);
  return points.map((point, i) => {
    const next = points[i + 1];
    return {
      ...versionAt(point, uid),
      // What an object was at no instant is not said; that its beginning was missed is.
      ...(i === 0 && shown[0]?.created !== true && { seenMidLife: true }),
      ...(next !== undefined && { validTo: next.from }),
      ...(next === undefined && end !== undefined && { validTo: end, endedBy: endedBy ?? 'event' }),
    };
  });
}

/** What the object was from instant to instant, ascending, up to its end; neighbours differ. */
function pointsOf(shown: readonly Change[], end: Instant | undefined, every: Every): Point[] {
  const points: Point[] = [];
  let from = -Infinity;
  let content: Resource | undefined;
  for (const change of shown) {
    from = Math.max(from, change.at);
    if (end !== undefined && from >= end) break;
    content = wholeContent(change, content);
    const last = points.at(-1);
    if (last && every === 'content' && sameJson(last.content, content)) continue;
    if (last?.from === from) points.pop();
    // Leaving out what lasted no time can bring two equal contents side by side.
    const before = points.at(-1);
    if (before && every === 'content' && sameJson(before.content, content)) continue;
    points.push({ from, change, content });
  }
  return points;
}

/** The version that begins where the change was answered. */
export function versionAt({ from, change, content }: Point, uid: string): Version {
  const { group, resource, namespace, name, resourceVersion = '', actor } = change;
  return {
    group,
    resource,
    namespace,
    name,
    uid,
    resourceVersion,
    validFrom: from,
    content,
    ...(actor && { actor }),
  };
}

/** Where only the metadata was shown, the rest is that of the version before: its client cannot change more. */
export function wholeContent(change: Change, before: Resource | undefined): Resource {
  const content = change.content as Resource;
  if (!isPartial(change)) return content;
  const { [METADATA_ONLY]: _, ...metadataOnly } = content;
  return before ? { ...before, metadata: content.metadata } : (metadataOnly as Resource);
}
