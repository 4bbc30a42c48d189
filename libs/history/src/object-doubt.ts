import type { Instant } from '@margay/ground';

/**
 * What may be otherwise than the evidence shows, of the object that a doubt is about:
 *
 * - `be-gone`: it is as it was last seen, or it does not exist any more.
 * - `differ`: it exists, and nobody knows as what.
 * - `be-anything`: it may be as it was, be something else, or not exist.
 */
export type May = 'be-gone' | 'differ' | 'be-anything';

/** The reason of doubts about writes that were stored or not. */
export const OUTCOME_UNKNOWN = 'outcome-unknown';

/** The reason of the doubt about everything after a cluster's store was restored. */
export const COUNTER_WENT_BACK = 'counter-went-back';

/** The reason of the doubt about everything where two clusters tell their changes under one name: no sight ends it. */
export const TWO_CLUSTERS = 'two-clusters';

/** The reason of the doubt about what was seen before somebody said that a copy of the cluster was ended: each sight from then on ends it. */
export const COPY_ENDED = 'copy-ended';

/** The reason of doubts about what was deleted with many others, until all of them were. */
export const TOOK_LONG = 'took-long';

/** The reason of the doubt when an object ended that was not there any more when it was asked for. */
export const END_MISSED = 'end-missed';

/** The reason of the doubt when a change happened that a watch told later. */
export const TOLD_LATE = 'told-late';

/** The reason of the doubt whether, or since when, an object is gone that a list of its kind does not show. */
export const NOT_LISTED = 'not-listed';

/** `DoubtSince.since` where nobody knows since when: earlier than any cluster. */
export const ALWAYS: Instant = 0;

/** The reason of the doubt what an object was before a request found it, of which nothing was seen. */
export const NEVER_SHOWN = 'never-shown';

/** What an audit event leaves open by what it does not show. A watch is shown all that became of it. */
const NOT_SHOWN: ReadonlySet<string> = new Set([
  'no-content',
  'not-the-object',
  'unknown-version',
  'partly-deleted',
  OUTCOME_UNKNOWN,
  TOOK_LONG,
]);

/** True for a doubt that is open by what an audit event does not show, so that a watch settles it. */
export const isNotShown = ({ reason, source }: Pick<DoubtSince, 'reason' | 'source'>): boolean =>
  NOT_SHOWN.has(reason) && !source.startsWith('watch/');

/** Something that the evidence leaves open about one object, from an instant on, until a whole sight of it ends it. */
export interface ObjectDoubt {
  /** Why, in a word: `no-content`, `outcome-unknown` … */
  readonly reason: string;
  readonly may: May;
  /** Why, as a sentence that names the object and says what to do. */
  readonly message: string;
  /**
   * True where the API server answered that it deleted the object: it is gone, unless finalizers keep it, of which the
   * last sight of it tells.
   */
  readonly ends?: true;
  /**
   * True where the API server passed the request on to another one: where a log has a write of that object in the time of
   * this one, that is what came of it.
   */
  readonly passedOn?: true;
  /**
   * True where the answer tells that the object was there when the request came in: where nothing was seen of it, nobody knows what it
   * was before, nor since when. Of kinds that are written rarely, and where it is known which name it has.
   */
  readonly wasThere?: true;
}

/** A doubt as a version carries it: since when. It lasts as long as the versions that carry it. */
export interface DoubtSince {
  readonly reason: string;
  readonly may: May;
  readonly message: string;
  /** The earliest instant at which the object may have become something else. */
  readonly since: Instant;
  /** By when it had become so, if it did: a sight that was asked for from here on ends the doubt. */
  readonly answeredAt: Instant;
  /** The source in which the doubt arose. */
  readonly source: string;
  /**
   * When the name was seen as it can only be if nothing came of what is doubtful, or something else was missed meanwhile. Who knows of
   * nothing that was missed has no doubt: see `withoutRefuted`.
   */
  readonly refutedAt?: Instant;
}
