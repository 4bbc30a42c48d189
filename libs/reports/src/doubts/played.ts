import { compareTexts, type Instant, type Window } from '@margay/ground';
import type { Version } from '@margay/history';
import type { Doubted, Unseen } from '@margay/policy';

/** A version as it is replayed, with what is not known of it. */
export interface PlayedVersion extends Version {
  readonly doubted?: Doubted;
}

/** A stretch of time in which there may have been objects of a kind that nobody saw. */
export interface UnseenSpan extends Unseen {
  readonly validFrom: Instant;
  /** Absent where nothing showed the whole since. */
  readonly validTo?: Instant;
}

/** What a window is replayed from. Without doubts, the versions as they are. */
export interface Played {
  readonly versions: readonly PlayedVersion[];
  readonly unseen: readonly UnseenSpan[];
  /** In the order of their beginning. */
  readonly doubts: readonly KnownDoubt[];
}

/** One doubt. */
export interface KnownDoubt {
  readonly id: string;
  /** What it is about, as printed: an object, a kind, a kind in a namespace, `everything`. */
  readonly about: string;
  /** Absent where it is as old as the cluster may be. */
  readonly since?: Instant;
  /** When it was settled; absent while it is not. */
  readonly until?: Instant;
  readonly reason: string;
  readonly message: string;
  /** Empty where it rests on what an object says of itself. */
  readonly source: string;
  readonly settledBy?: string;
  /** Of objects that concern one namespace only, which; see `homeOf`. */
  readonly home?: string;
  /** What is said of the sources tells of it already. */
  readonly isOfSources?: true;
}

/** Doubts in the order of their beginning. */
export function inOrder(doubts: Iterable<KnownDoubt>): KnownDoubt[] {
  const since = (doubt: KnownDoubt): Instant => doubt.since ?? Number.MIN_SAFE_INTEGER;
  return [...doubts].sort((a, b) => since(a) - since(b) || compareTexts(a.id, b.id));
}

/** A doubt as it was when the window ended: what settled it later is none of the window's evidence. */
export function openBehind(doubt: KnownDoubt, { end }: Window): KnownDoubt {
  const { until, settledBy: _, ...open } = doubt;
  return until !== undefined && until < end ? doubt : open;
}
