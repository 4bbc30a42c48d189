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

/** Clocks of API servers differ by less, or their events would be of no use. */
export const CLOCKS_DIFFER = 10 * SECOND;

/**
 * Cuts the changes of a name where the counter of the cluster went back: a request that came in when a greater
 * resourceVersion had been answered was answered with a lesser one. That happens when the store is restored from a backup;
 * from then on versions are counted, and can be compared, anew.
 */
export function epochsOf(changes: readonly Change[]): readonly Epoch[] {
  if (goesOn(changes)) return [{ changes }];
  const epochs: { changes: Change[]; restored?: Interval }[] = [{ changes: [] }];
  const others: Change[] = [];
  let latest: Change | undefined;
  for (const change of changes.toSorted((a, b) => a.at - b.at || compareTexts(a.id, b.id))) {
    if (change.what !== 'present') {
      others.push(change);
      continue;
    }
    const order = compareResourceVersions(change.resourceVersion, latest?.resourceVersion);
    if (latest !== undefined && order < 0 && change.receivedAt > latest.at + CLOCKS_DIFFER) {
      epochs.push({ changes: [], restored: { start: latest.at, end: change.receivedAt } });
      latest = change;
    } else if (latest === undefined || order > 0) latest = change;
    epochs.at(-1)?.changes.push(change);
  }
  if (epochs.length === 1) return [{ changes }];
  for (const change of others) epochAt(epochs, change.at).changes.push(change);
  return epochs;
}

/** The quick answer for most names: all are in the order of time and of the counter alike. */
function goesOn(changes: readonly Change[]): boolean {
  let latest: Change | undefined;
  for (const change of changes) {
    if (change.what !== 'present') continue;
    if (
      latest !== undefined &&
      (change.at < latest.at || compareResourceVersions(change.resourceVersion, latest.resourceVersion) < 0)
    )
      return false;
    latest = change;
  }
  return true;
}

function epochAt<T extends Epoch>(epochs: readonly T[], at: Instant): T {
  return epochs.findLast(({ restored }) => restored === undefined || restored.end <= at) ?? (epochs[0] as T);
}
