import { compareResourceVersions, SECOND, type Instant } from '@margay/ground';
import type { Change } from './change.ts';
import { doubtAboutAll } from './doubtful.ts';
import { CLOCKS_DIFFER } from './epochs.ts';
import { COUNTER_WENT_BACK } from './object-doubt.ts';
import { counterWentBack } from './restores.ts';
import { isOfOwnCounter } from './two-clusters.ts';

/** Events come late by less, or are compared with the newest alone. */
const REMEMBERED = 300 * SECOND;
/** How finely what was seen is told apart in time. */
const STEP = SECOND;

/** How far the counter had come. */
interface Reached {
  readonly at: Instant;
  readonly version: string;
}

/**
 * Follows the counter of the cluster, of which resourceVersions are the readings, in what one source tells.
 *
 * What is created gets the next number. So a creation that was asked for when a greater number had been answered, of whatever
 * object, shows that the store was restored from a backup meanwhile; other writes may answer with an old number, where nothing
 * was changed.
 */
export class Counter {
  /** By time and, since the counter goes up, by number. */
  #reached: Reached[] = [];
  /** What is older was counted before the last restore. */
  #since: Instant = -Infinity;

  /** The doubt about everything, where the change shows that the counter went back. Changes come about in the order of time. */
  note(change: Change): Change | undefined {
    const { what, resourceVersion: version, at, receivedAt, created } = change;
    if (what !== 'present' || version === undefined || at < this.#since || !isOfOwnCounter(change))
      return undefined;
    const before =
      created === true ? this.#reached.findLast((one) => one.at + CLOCKS_DIFFER < receivedAt) : undefined;
    if (before === undefined || compareResourceVersions(version, before.version) >= 0) {
      this.#reach({ at, version });
      return undefined;
    }
    this.#reached = [{ at, version }];
    this.#since = receivedAt;
    return wentBack(change, before.at);
  }

  #reach({ at, version }: Reached): void {
    const all = this.#reached;
    let place = all.length;
    while (place > 0 && all[place - 1]!.at > at) place--;
    const before = all[place - 1];
    if (before !== undefined && compareResourceVersions(version, before.version) <= 0) return;
    let next = place;
    while (next < all.length && compareResourceVersions(all[next]!.version, version) <= 0) next++;
    // What came a moment earlier says hardly less.
    const from = place > 1 && before !== undefined && at - before.at < STEP ? place - 1 : place;
    all.splice(from, next - from, { at, version });
    const old = (all.at(-1) as Reached).at - REMEMBERED;
    while (all.length > 1 && all[1]!.at < old) all.shift();
  }
}

/** About everything, from when the counter had been seen further than it is now. */
function wentBack(change: Change, since: Instant): Change {
  const { id, eventId, resource, namespace, name, resourceVersion = '', at, receivedAt, origin } = change;
  return doubtAboutAll(
    { id: `${id}#counter`, eventId, at: Math.min(receivedAt, at), receivedAt: since, origin },
    COUNTER_WENT_BACK,
    counterWentBack({ resource, namespace, name, resourceVersion }),
  );
}
