import { compareTexts, type Instant, type Key, type KubernetesObject } from '@margay/ground';
import type { ObjectDoubt } from './object-doubt.ts';

/** Who acted: `user` authenticated, `impersonated` is whom that user acted for. */
export interface Actor {
  readonly user: string;
  readonly impersonated?: string;
}

/** Where a change was read: a source and the position in it. The same place read again is the same origin. */
export interface Origin {
  /** A log file's path, a webhook's source, `watch`. */
  readonly source: string;
  /** Position in the source, unique and ascending in it: a line number for files. */
  readonly position: number;
}

/**
 * One fact about one object at one instant.
 *
 * - `present`: the object exists with this content at this resourceVersion.
 * - `gone`: the object does not exist any more from `at` on.
 * - `doubtful`: something was done to the object, or may have been, between `receivedAt` and `at`, and its outcome is not
 *   known: `doubt` says what may be. An empty name stands for all objects of the kind in the namespace, of all namespaces
 *   where that is empty too.
 * - `patched`: of the object, `content` was changed, and nothing else. It has no resourceVersion, so that time alone orders it;
 *   `doubt` is for where the object was not seen before.
 * - `answered`: the request of a doubt was answered, and nothing came of it, or what is told elsewhere.
 * - `absent`: there was no object of that name at some instant between `receivedAt` and `at`.
 * - `there`: there was one, nobody says as what.
 */
export interface Change extends Key {
  /** Deterministic: the same event gives the same ids wherever and however often it is read. */
  readonly id: string;
  /** The audit event's own deterministic id; one `deletecollection` event makes many changes. */
  readonly eventId: string;
  readonly what: 'present' | 'gone' | 'doubtful' | 'patched' | 'answered' | 'absent' | 'there';
  /** Absent only on ends that the API server answered without naming the object's uid. */
  readonly uid?: string;
  /**
   * Whether the API server itself called the object by `uid`, where `what` does not say it: true where it held a write to that uid and does not
   * show the object, false where an end follows from what a list does not show. What is kept of a change does not have it; see `shownUid`.
   */
  readonly uidShown?: boolean;
  /** Decimal text of any length, compared by length and then by digits. Absent on most ends. */
  readonly resourceVersion?: string;
  /** When the API server had answered: the fact holds from here on. */
  readonly at: Instant;
  /** When the request came in: the fact cannot hold before. */
  readonly receivedAt: Instant;
  /**
   * The projection of the object. With `what: 'gone'` it is the last that was seen of it, where the answer showed that.
   */
  readonly content?: KubernetesObject;
  /** True on the event that created the object, so that nothing of it can have been missed before. */
  readonly created?: boolean;
  /** How often the object's spec had been changed, where it says so: what goes up by more than one was not seen. */
  readonly generation?: number;
  /** The resourceVersion that the request had to find, and found: a version of that name must have been there. */
  readonly basedOn?: string;
  /** With `what: 'doubtful'` and `patched`, and with `gone` where the answer does not show what is. */
  readonly doubt?: ObjectDoubt;
  readonly actor?: Actor;
  readonly origin: Origin;
}

/** True for what tells only whether a name was taken: it says nothing where nothing is open. */
export const isWitness = ({ what }: Pick<Change, 'what'>): boolean => what === 'absent' || what === 'there';

/** True for a change that its event is kept for. Others stand beside what their event is counted as. */
export const isKept = (change: Pick<Change, 'what'>): boolean =>
  change.what !== 'answered' && !isWitness(change);

/** One order of what tells the same, whichever came first: by where it was read. */
export const compareOrigins = (
  { origin: a }: Pick<Change, 'origin'>,
  { origin: b }: Pick<Change, 'origin'>,
): number => compareTexts(a.source, b.source) || a.position - b.position;
