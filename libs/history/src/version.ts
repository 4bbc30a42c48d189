import type { Instant, Interval, Key, KubernetesObject, Window } from '@margay/ground';
import type { Actor } from './change.ts';
import type { DoubtSince } from './object-doubt.ts';

/** How the end of an object is known: from its own event, or concluded from another object's. */
export type EndedBy = 'event' | 'namespace' | 'definition' | 'service' | 'successor';

/** One object's content and the interval `[validFrom, validTo)` of its validity. */
export interface Version extends Key {
  readonly uid: string;
  /** Of the first change that showed this content. */
  readonly resourceVersion: string;
  readonly validFrom: Instant;
  /** Absent while the version is current. */
  readonly validTo?: Instant;
  readonly content: KubernetesObject;
  /** On an object's first version only: its creation was not seen, so it may have lived before `validFrom`. */
  readonly seenMidLife?: boolean;
  /** On an object's last version only. */
  readonly endedBy?: EndedBy;
  /**
   * What the evidence leaves open in this interval. `content` is the last that was seen then, and of an object that was
   * never seen its name alone, with an empty uid where that is not known.
   */
  readonly doubt?: DoubtSince;
  /**
   * On an object's first version after the cluster's counter went back: when that was. Its store was restored from a backup,
   * and what had happened since the backup is lost, of every object. Not where a watch showed it.
   */
  readonly restored?: Interval;
  readonly actor?: Actor;
}

/** The versions valid at some instant of the window, in the order given. Both intervals are half-open. */
export function overlapping(versions: readonly Version[], window: Window): Version[] {
  return versions.filter(
    ({ validFrom, validTo = Infinity }) => validFrom < window.end && window.start < validTo,
  );
}

/** The versions valid at the instant, in the order given. */
export function validAt(versions: readonly Version[], instant: Instant): Version[] {
  return overlapping(versions, { start: instant, end: instant + 1 });
}
