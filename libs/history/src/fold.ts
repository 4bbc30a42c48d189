import {
  compareTexts,
  type Instant,
  type Key,
  kindOf,
  type KubernetesObject,
  shownApiVersion,
} from '@margay/ground';
import { type Change, isWitness } from './change.ts';
import { isDoubtful, isPatch, type Doubtful, type OpenDoubt } from './doubtful.ts';
import { attachDoubts, unsettled } from './doubts.ts';
import { sameJson } from './json.ts';
import { isPartial, livesOf, type Life } from './lives.ts';
import { missedChanges } from './missed.ts';
import { isAbsence, neededAbsences } from './not-listed.ts';
import { stretchesOf, type DoubtStretch } from './stretches.ts';
import { needsNode, nodeOf, patched } from './patch.ts';
import { COPY_ENDED, TWO_CLUSTERS } from './object-doubt.ts';
import { METADATA_ONLY } from './project.ts';
import { toldLate } from './told-late.ts';
import { unseenBefore } from './unseen-before.ts';
import { isBirth, unseenBirths } from './unseen-birth.ts';
import type { Version } from './version.ts';
import { isToldLate, isWatched } from './watched.ts';

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
 * Where a doubt begins or ends, a version is cut in two, of which the one in doubt says so. An object of which nothing but
 * a doubt is known has versions of its name alone.
 *
 * @param changes all of one Key.
 */
export function foldKey(changes: readonly Change[], { every = 'content' }: FoldOptions = {}): Version[] {
  if (changes[0]?.name === '') return aboutMany(changes);
  const absences = changes.filter(isAbsence);
  if (absences.length === 0) return foldName(changes, every);
  const others = changes.filter((change) => !isAbsence(change));
  const versions = foldName(others, every);
  const needed = neededAbsences(absences, versions);
  return needed.length === 0 ? versions : foldName([...others, ...needed], every);
}

/** Of one name, whatever tells of it. */
function foldName(changes: readonly Change[], every: Every): Version[] {
  const facts = changes.filter((change) => !isWitness(change));
  if (facts.some(({ what }) => what !== 'present' && what !== 'gone')) return foldParts(changes, every);
  const lives = livesOf(facts);
  if (facts.length < changes.length && isTouched(lives, changes.filter(isWitness)))
    return foldParts(changes, every);
  if (facts.some((fact) => fact.doubt !== undefined || isToldLate(fact))) return foldParts(changes, every);
  if (missedChanges(lives, facts, []).length > 0) return foldParts(changes, every);
  if (lives.some(({ endedBy }) => endedBy === 'successor')) return foldParts(changes, every);
  const [only] = lives;
  if (only && lives.length === 1) return versionsOf(only, every);
  return lives.flatMap((life) => versionsOf(life, every));
}

/** True where requests that found the name, or found it free, may say more of objects than these show by themselves. */
const isTouched = (lives: readonly Life[], witnesses: readonly Change[]): boolean =>
  lives.some(
    ({ bornAt, end }) =>
      end === undefined || witnesses.some(({ at, receivedAt }) => bornAt < receivedAt && at < end),
  );

/** Of facts about whole objects, about parts of them, and of doubts. */
function foldParts(changes: readonly Change[], every: Every): Version[] {
  const facts: Change[] = [];
  const doubts: Doubtful[] = [];
  const patches: Doubtful[] = [];
  const answers: Change[] = [];
  const witnesses: Change[] = [];
  const births: Doubtful[] = [];
  for (const change of changes) {
    if (isDoubtful(change)) (isBirth(change) ? births : doubts).push(change);
    else if (isPatch(change)) patches.push(change);
    else if (change.what === 'present' || change.what === 'gone') facts.push(change);
    else if (isWitness(change)) witnesses.push(change);
    else answers.push(change);
  }
  const seen = livesOf(facts);
  const { patched, unknown } = patchesOf(seen, patches);
  const open = [...doubts, ...unknown, ...missedChanges(seen, facts, doubts)];
  const known = [...facts, ...[...patched.values()].flat().filter((patch) => !unknown.has(patch))];
  const standing = unsettled(open, [...known, ...answers]);
  const attached = attachDoubts(seen, known, standing, witnesses);
  const late = toldLate(attached.lives, facts, standing, (life) =>
    versionsOf(life, 'content', patched.get(life.uid)),
  );
  const { lives } = late;
  const unseen = [...attached.unseen, ...late.unseen];
  const versions = lives.flatMap(({ life, open: own }) =>
    cut(versionsOf(life, every, patched.get(life.uid)), stretchesOf(own)),
  );
  const before = unseenBefore([...facts, ...witnesses, ...standing], {
    lives: lives.map(({ life }) => life),
    unseen,
    births,
  });
  const notSeen = [...unseen, ...before, ...unseenBirths(seen, births, doubts)];
  const named = stretchesOf(notSeen, 'unseen').map((stretch) => unseenVersion(changes[0] as Change, stretch));
  return [...versions, ...named].sort((a, b) => a.validFrom - b.validFrom);
}

/**
 * The patches of each object, by its uid and in the order of time; and those that leave it open: of objects that were not seen by then, and of
 * pods that have a node since, of which nobody says which. A pod without one would be taken for none that runs.
 */
function patchesOf(
  lives: readonly Life[],
  patches: readonly Doubtful[],
): { readonly patched: Map<string, Doubtful[]>; readonly unknown: ReadonlySet<Doubtful> } {
  const known = new Map<string, Doubtful[]>();
  const unknown = new Set<Doubtful>();
  for (const patch of patches.toSorted((a, b) => a.at - b.at || compareTexts(a.id, b.id))) {
    const life = lives.findLast(
      ({ uid, bornAt, end = Infinity }) =>
        bornAt <= patch.at && (patch.uid === undefined ? end > patch.receivedAt : uid === patch.uid),
    );
    if (life === undefined) {
      unknown.add(patch);
      continue;
    }
    const all = [...(known.get(life.uid) ?? []), patch];
    known.set(life.uid, all);
    if (!hasKnownNode(life, all)) unknown.add(patch);
  }
  return { patched: known, unknown };
}

/** Whether the last of the patches says nothing that needs a node, or that is known by then. */
function hasKnownNode({ shown }: Life, patches: readonly Doubtful[]): boolean {
  const last = patches.at(-1)!;
  if (last.resource !== 'pods' || !needsNode(last.content)) return true;
  const hasNode = ({ at, content }: Change) => at <= last.at && nodeOf(content) !== undefined;
  return shown.some(hasNode) || patches.some(hasNode);
}

/**
 * A doubt about all objects of a kind in a namespace is a version of its own, without a name and without an end.
 *
 * @param changes the doubts, and writes of which something is known, which may settle them.
 */
function aboutMany(changes: readonly Change[]): Version[] {
  const facts = changes.filter(({ what }) => what !== 'doubtful');
  const doubts = unsettled(changes.filter(isDoubtful), facts);
  const byStart = Map.groupBy(doubts, ({ receivedAt }) => receivedAt);
  return [...byStart]
    .sort(([a], [b]) => a - b)
    .flatMap(([start, some]) => {
      const open = some
        .map((of): OpenDoubt => ({ start, until: endOf(of, doubts), may: of.doubt.may, of }))
        .sort((a, b) => b.of.at - a.of.at || compareTexts(a.of.id, b.of.id));
      return stretchesOf(open).map((stretch) => unseenVersion(some[0] as Doubtful, stretch));
    });
}

/** That two clusters tell is so until somebody says that the copy was ended. */
function endOf({ doubt, receivedAt }: Doubtful, doubts: readonly Doubtful[]): Instant {
  if (doubt.reason !== TWO_CLUSTERS) return Infinity;
  const ended = doubts.filter((one) => one.doubt.reason === COPY_ENDED && one.at > receivedAt);
  return Math.min(...ended.map(({ at }) => at));
}

/** What is known of an object that was never seen. */
function unseenVersion(
  { group, resource, namespace, name }: Key,
  { start, end, doubt, uid, isBirth }: DoubtStretch,
): Version {
  const kind = kindOf({ group, resource });
  return {
    group,
    resource,
    namespace,
    name,
    uid,
    resourceVersion: '',
    validFrom: start,
    ...(end < Infinity && { validTo: end }),
    content: {
      apiVersion: kind === undefined ? '' : shownApiVersion(kind, undefined),
      kind: kind?.kind ?? '',
      metadata: { name, ...(namespace !== '' && { namespace }) },
    },
    ...(!isBirth && { seenMidLife: true }),
    doubt,
  };
}

/** The versions of one object, cut where the stretches begin and end. Both are in time order. */
function cut(versions: readonly Version[], stretches: readonly DoubtStretch[]): Version[] {
  if (stretches.length === 0) return [...versions];
  const pieces: Version[] = [];
  let next = 0;
  for (const version of versions) {
    const { validTo: to = Infinity, seenMidLife, restored, endedBy, ...same } = version;
    let from = version.validFrom;
    const piece = (end: Instant, doubt?: DoubtStretch['doubt']) => {
      if (from >= end) return;
      pieces.push({
        ...same,
        validFrom: from,
        ...(end < Infinity && { validTo: end }),
        ...(from === version.validFrom && seenMidLife !== undefined && { seenMidLife }),
        ...(from === version.validFrom && restored !== undefined && { restored }),
        ...(end === to && endedBy !== undefined && { endedBy }),
        ...(doubt !== undefined && { doubt }),
      });
      from = end;
    };
    while ((stretches[next]?.end ?? Infinity) <= from && next < stretches.length) next++;
    for (let i = next; i < stretches.length; i++) {
      const { start, end, doubt } = stretches[i] as DoubtStretch;
      if (start >= to) break;
      piece(Math.min(start, to));
      piece(Math.min(end, to), doubt);
    }
    piece(to);
  }
  return pieces;
}

type Draft = { -readonly [field in keyof Version]: Version[field] };

/** The versions of one object in time order. */
function versionsOf(life: Life, every: Every, patches: readonly Change[] = []): Version[] {
  const { shown, end, endedBy, restored } = life;
  const drafts = draftsOf(life, every, patches);
  const [first] = drafts;
  const last = drafts.at(-1);
  if (!first || !last) return drafts;
  // What an object was at no instant is not said; that its beginning was missed is.
  if (shown[0]?.created !== true && restored === undefined) first.seenMidLife = true;
  // A watch that lists another store says itself of what, and since when, nothing is known by that.
  if (restored !== undefined && !shown.slice(0, 1).some(isWatched)) first.restored = restored;
  let next: Draft | undefined;
  for (let i = drafts.length - 1; i >= 0; i--) {
    const draft = drafts[i] as Draft;
    if (next) draft.validTo = next.validFrom;
    next = draft;
  }
  if (end !== undefined) {
    last.validTo = end;
    if (endedBy !== undefined) last.endedBy = endedBy;
  }
  return drafts;
}

/** What the object was from instant to instant, ascending, up to its end; neighbours differ. */
function draftsOf({ uid, shown, end = Infinity }: Life, every: Every, patches: readonly Change[]): Draft[] {
  const drafts: Draft[] = [];
  let from = -Infinity;
  let content: KubernetesObject | undefined;
  let latest: Change | undefined;
  let next = 0;
  const add = (change: Change, now: KubernetesObject) => {
    content = now;
    const last = drafts.at(-1);
    if (last && every === 'content' && sameJson(last.content, content)) return;
    if (last?.validFrom === from) {
      drafts.pop();
      // Leaving out what lasted no time can bring two equal contents side by side.
      const before = drafts.at(-1);
      if (before && every === 'content' && sameJson(before.content, content)) return;
    }
    drafts.push(versionAt(from, change, content, uid));
  };
  /** Patches that were answered before the instant change what was seen before them. */
  const patchUntil = (instant: Instant) => {
    for (let patch = patches[next]; patch !== undefined && patch.at < instant; patch = patches[++next]) {
      if (latest === undefined || content === undefined || patch.at < from) continue;
      from = patch.at;
      const { resourceVersion } = latest;
      const now = patched(content, patch.content as KubernetesObject);
      if (!sameJson(now, content))
        add({ ...patch, ...(resourceVersion !== undefined && { resourceVersion }) }, now);
    }
  };
  for (const change of shown) {
    patchUntil(Math.min(Math.max(change.at, from), end));
    if (change.at > from) from = change.at;
    if (from >= end) break;
    add(change, wholeContent(change, content));
    latest = change;
  }
  patchUntil(end);
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
