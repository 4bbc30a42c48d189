import { type Key, resourceName, SECOND } from '@margay/ground';
import type { Change } from './change.ts';

/**
 * What a watch tells within this time counts as told at once: an event is under way for a moment, and clocks differ.
 */
export const TOLD_AT_ONCE = 5 * SECOND;

const WATCH = 'watch/';

/** The source of what a watch tells of a kind: `watch/pods`, `watch/networkpolicies.networking.k8s.io`. */
export const watchSource = (kind: Pick<Key, 'group' | 'resource'>): string => `${WATCH}${resourceName(kind)}`;

/** True where a watch told it. */
export const isWatched = ({ origin }: Pick<Change, 'origin'>): boolean => origin.source.startsWith(WATCH);

/** True for a change of which the watch that told it does not know when it was. */
export const isToldLate = (change: Change): boolean =>
  (change.what === 'present' || change.what === 'gone') &&
  isWatched(change) &&
  change.at - change.receivedAt > TOLD_AT_ONCE;
