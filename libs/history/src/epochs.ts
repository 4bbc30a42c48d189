import { compareResourceVersions, compareTexts, SECOND, type Instant, type Interval } from '@margay/ground';
import type { Change } from './change.ts';

/**
 * The changes of a name while the cluster's counter went on: from one restore of its store to the next, in time order.
 */
export interface Epoch {
  readonly changes: readonly Change[];
  /** On all but the first: in it the counter went back. */
  readonly restored?: Interval;
}

/** Clocks of API servers differ by less, and a store is not restored in so short a time. */
export const CLOCKS_DIFFER = 3 * SECOND;

/**
 * Cuts the changes of a name where the store of the cluster was restored from a backup: a request that came in when a greater
 * resourceVersion had been answered was answered with a lesser one, or with an object that had been gone by then. From there on
 * versions are counted, and can be compared, anew.
 */
export function epochsOf(changes: readonly Change[]): readonly Epoch[] {
  if (goesOn(changes)) return [{ changes }];
  const epochs: { changes: Change[]; restored?: Interval }[] = [{ changes: [] }];
  const others: Change[] = [];
  let latest: Change | undefined;
  let ended = new Map<string | undefined, Instant>();
  for (const change of changes.toSorted((a, b) => a.at - b.at || compareTexts(a.id, b.id))) {
    const { what, uid, at, receivedAt, resourceVersion } = change;
    if (what === 'gone' && uid !== undefined && !ended.has(uid)) ended.set(uid, at);
    if (what !== 'present') {
      others.push(change);
      continue;
    }
    const order = compareResourceVersions(resourceVersion, latest?.resourceVersion);
    const before = order < 0 ? latest?.at : ended.get(uid);
    if (before !== undefined && receivedAt > before + CLOCKS_DIFFER) {
      epochs.push({ changes: [], restored: { start: before, end: receivedAt } });
      latest = change;
      ended = new Map();
    } else if (latest === undefined || order > 0) latest = change;
    epochs.at(-1)?.changes.push(change);
  }
  if (epochs.length === 1) return [{ changes }];
  for (const change of others) epochAt(epochs, change.at).changes.push(change);
  return epochs;
}

/** The quick answer for most names: all are in the order of time and of the counter alike, and nothing comes after an end. */
function goesOn(changes: readonly Change[]): boolean {
  let latest: Change | undefined;
  let ended = Infinity;
  let asked = -Infinity;
  for (const change of changes) {
    if (change.what === 'gone' && change.at < ended) ended = change.at;
    if (change.what !== 'present') continue;
    if (
      latest !== undefined &&
      (change.at < latest.at || compareResourceVersions(change.resourceVersion, latest.resourceVersion) < 0)
    )
      return false;
    if (change.receivedAt > asked) asked = change.receivedAt;
    latest = change;
  }
  return asked <= ended + CLOCKS_DIFFER;
}

function epochAt<T extends Epoch>(epochs: readonly T[], at: Instant): T {
  return epochs.findLast(({ restored }) => restored === undefined || restored.end <= at) ?? (epochs[0] as T);
}
