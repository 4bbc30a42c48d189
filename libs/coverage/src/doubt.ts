import type { Instant, Interval } from '@margay/ground';

/** Of which objects nobody knows what became of them: all, or those of a kind, in a namespace where one is named. */
export type About =
  'everything' | { readonly group: string; readonly resource: string; readonly namespace?: string };

/**
 * Something that what the sources delivered leaves open: in `[since, until)` anything may have happened to the objects that it
 * is about, and nobody would know.
 *
 * It does not end at `until`. An object is certain again from its first sight whose request came in at or after `until`; what
 * was never seen, and may have come into being, stays possible. At `settledAt` the whole state of the objects was seen, and what
 * was not in it does not exist: nothing is open by this doubt from there on.
 */
export interface Doubt {
  /** The same for the same evidence; unique among the doubts of one window. */
  readonly id: string;
  readonly about: About;
  /** `-Infinity` where nothing is known of what was before. */
  readonly since: Instant;
  /** Absent where it still goes on: no sight settles it. */
  readonly until?: Instant;
  /** Not before `until`. Absent while no whole state has been seen. */
  readonly settledAt?: Instant;
  /**
   * What is known of objects that were seen stays so: nothing else was written of them meanwhile. Only others may have come and
   * gone.
   */
  readonly sparesSeen?: true;
  /**
   * Only what was seen or written in that time is open, and what may have come and gone in it. Of other times nothing is, but for such
   * objects.
   */
  readonly onlyTouchedIn?: Interval;
  /** Why, in a word: `gap`, `beginning`, `unusable` … */
  readonly reason: DoubtReason;
  /** Why, as a sentence that says what to do. */
  readonly message: string;
  /** The source in which it arose, as printed; empty where it is none of them. */
  readonly source: string;
}

/** Why the sources leave something open: one row for each way of not knowing. */
export type DoubtReason =
  /** A source was silent for longer than its rhythm allows, or is not there. */
  | 'gap'
  /** The evidence does not go back to the cluster's birth. */
  | 'beginning'
  /** Something was delivered that nobody can read. */
  | 'unusable'
  /** Something between the services was set aside, or was gone before it was read. */
  | 'lost'
  /** Something was delivered that was not in the stores when they were read. */
  | 'unapplied'
  /** A clock was set back, so that a time came twice. */
  | 'clock'
  /** A watch missed states, or a list showed what it had not told. */
  | 'watch'
  /** A kind that restricts traffic and is not understood. */
  | 'foreign-kind';
