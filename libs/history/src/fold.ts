import type { Instant, KubernetesObject } from '@margay/ground';
import type { Change } from './change.ts';
import { sameJson } from './json.ts';
import { isPartial, livesOf, type Life } from './lives.ts';
import { METADATA_ONLY } from './project.ts';
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
 * @param changes all of one Key.
 */
export function foldKey(changes: readonly Change[], { every = 'content' }: FoldOptions = {}): Version[] {
  const lives = livesOf(changes);
  const [only] = lives;
  if (only && lives.length === 1) return versionsOf(only, every);
  return lives.flatMap((life) => versionsOf(life, every));
}

type Draft = { -readonly [field in keyof Version]: Version[field] };

/** The versions of one object in time order. */
function versionsOf({ uid, shown, end, endedBy }: Life, every: Every): Version[] {
  const drafts = draftsOf(uid, shown, end, every);
  const [first] = drafts;
  const last = drafts.at(-1);
  if (!first || !last) return drafts;
  // What an object was at no instant is not said; that its beginning was missed is.
  if (shown[0]?.created !== true) first.seenMidLife = true;
  let next: Draft | undefined;
  for (let i = drafts.length - 1; i >= 0; i--) {
    const draft = drafts[i] as Draft;
    if (next) draft.validTo = next.validFrom;
    next = draft;
  }
  if (end !== undefined) {
    last.validTo = end;
    last.endedBy = endedBy ?? 'event';
  }
  return drafts;
}

/** What the object was from instant to instant, ascending, up to its end; neighbours differ. */
function draftsOf(uid: string, shown: readonly Change[], end = Infinity, every: Every): Draft[] {
  const drafts: Draft[] = [];
  let from = -Infinity;
  let content: KubernetesObject | undefined;
  for (const change of shown) {
    if (change.at > from) from = change.at;
    if (from >= end) break;
    content = wholeContent(change, content);
    const last = drafts.at(-1);
    if (last && every === 'content' && sameJson(last.content, content)) continue;
    if (last?.validFrom === from) {
      drafts.pop();
      // Leaving out what lasted no time can bring two equal contents side by side.
      const before = drafts.at(-1);
      if (before && every === 'content' && sameJson(before.content, content)) continue;
    }
    drafts.push(versionAt(from, change, content, uid));
  }
  return drafts;
}

/** The version that begins where the change was answered. */
function versionAt(validFrom: Instant, change: Change, content: KubernetesObject, uid: string): Draft {
  const { group, resource, namespace, name, resourceVersion = '', actor } = change;
  const version: Draft = { group, resource, namespace, name, uid, resourceVersion, validFrom, content };
  if (actor !== undefined) version.actor = actor;
  return version;
}

/** Where only the metadata was shown, the rest is that of the version before: its client cannot change more. */
function wholeContent(change: Change, before: KubernetesObject | undefined): KubernetesObject {
  const content = change.content as KubernetesObject;
  if (!isPartial(change)) return content;
  const { [METADATA_ONLY]: _, ...metadataOnly } = content;
  return before ? { ...before, metadata: content.metadata } : (metadataOnly as KubernetesObject);
}
