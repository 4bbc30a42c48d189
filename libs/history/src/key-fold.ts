import { compareResourceVersions } from '@margay/ground';
import type { Change } from './change.ts';
import { sameJson } from './json.ts';
import { versionAt, versionsOf, wholeContent, type Every, type FoldOptions } from './fold.ts';
import { livesOf, type Life } from './lives.ts';
import type { Version } from './version.ts';

/** The versions of one name, kept up while its changes come in. */
export interface KeyFold {
  /**
   * Adds changes of the name, in whatever order; what is known by its id already is passed over.
   *
   * @returns how many of the versions from the first on stayed exactly as they were. Those after may differ, so they are
   *   what a store must write anew.
   */
  add(changes: readonly Change[]): number;
  /** What `foldKey` gives for all changes added so far. The list is the caller's own. */
  versions(): Version[];
  /** How many changes were added, each id once. */
  readonly size: number;
}

/**
 * Folds one name step by step.
 *
 * Changes that are later than all before, by time and by resourceVersion, cost what they are themselves, however long the
 * history is; any other costs one folding of everything, once for each call. Holds all changes of the name.
 */
export function keyFold({ every = 'content' }: FoldOptions = {}): KeyFold {
  const changes = new Map<string, Change>();
  let state = folded([], every);
  return {
    add(more) {
      const added: Change[] = [];
      for (const change of more) {
        if (changes.has(change.id)) continue;
        changes.set(change.id, change);
        added.push(change);
      }
      const before = state.versions.length;
      let same = before;
      for (const change of added.sort((a, b) => a.at - b.at)) {
        const from = appended(state, change, every);
        if (from === undefined) {
          state = folded([...changes.values()], every);
          return 0;
        }
        same = Math.min(same, from);
      }
      return same;
    },
    versions: () => [...state.versions],
    get size() {
      return changes.size;
    },
  };
}

/** What must be known of the past to go on. */
interface State {
  readonly versions: Version[];
  /** Whoever is not there is new. */
  readonly uids: Set<string>;
  latestAt: number;
  latestVersion: string | undefined;
  /** The last object, where it has not ended: the last version is its. */
  open: Pick<Life, 'uid' | 'bornAt'> | undefined;
}

function folded(changes: readonly Change[], every: Every): State {
  const lives = livesOf(changes);
  const last = lives.at(-1);
  let latestAt = -Infinity;
  let latestVersion: string | undefined;
  const uids = new Set<string>();
  for (const { at, resourceVersion, uid } of changes) {
    latestAt = Math.max(latestAt, at);
    if (compareResourceVersions(resourceVersion, latestVersion) > 0) latestVersion = resourceVersion;
    if (uid !== undefined) uids.add(uid);
  }
  return {
    versions: lives.flatMap((life) => versionsOf(life, every)),
    uids,
    latestAt,
    latestVersion,
    open: last?.end === undefined ? last : undefined,
  };
}

/** Goes on with a change; gives the first version that is not as it was, or undefined where all must be folded. */
function appended(state: State, change: Change, every: Every): number | undefined {
  const { versions, open } = state;
  const { uid, at, what, content, resourceVersion, created } = change;
  if (at <= state.latestAt) return undefined;
  const isNewer = compareResourceVersions(resourceVersion, state.latestVersion) > 0;
  const last = versions.length - 1;
  if (what === 'gone') {
    const endsOpen = open && (uid === undefined ? open.bornAt <= change.receivedAt : uid === open.uid);
    if (!endsOpen) return undefined;
    state.latestAt = at;
    if (isNewer) state.latestVersion = resourceVersion;
    state.open = undefined;
    versions[last] = { ...(versions[last] as Version), validTo: at, endedBy: 'event' };
    return last;
  }
  if (!isNewer || uid === undefined || content === undefined) return undefined;
  const continues = uid === open?.uid;
  if (!continues && state.uids.has(uid)) return undefined;
  state.latestAt = at;
  state.latestVersion = resourceVersion;
  const before = continues ? versions[last] : undefined;
  const whole = wholeContent(change, before?.content);
  if (before && every === 'content' && sameJson(before.content, whole)) return versions.length;
  if (open) {
    const closed = { ...(versions[last] as Version), validTo: at };
    versions[last] = continues ? closed : { ...closed, endedBy: 'successor' };
  }
  const version = versionAt(at, change, whole, uid);
  versions.push(!continues && created !== true ? { ...version, seenMidLife: true } : version);
  if (!continues) {
    state.uids.add(uid);
    state.open = { uid, bornAt: at };
  }
  return open ? last : versions.length - 1;
}
