import type { Instant } from '@margay/ground';

/**
 * A session as it is kept. Whoever reads the store can neither use it nor learn whose it is: the id itself, which opens `sealed`, is
 * with its owner alone.
 */
export interface KeptSession {
  /** SHA-256 of its id, in hex. */
  readonly digest: string;
  /** The same in all sessions of one owner, and nobody's name. */
  readonly owner: string;
  readonly sealed: string;
  readonly startedAt: Instant;
  /** When it was used last, as far as that is noted. */
  readonly usedAt: Instant;
  /** From then on it is none any more. */
  readonly endsAt: Instant;
}

/** How many sessions are kept: more than that are never wanted, and would fill the store. */
export interface SessionBounds {
  readonly ofOwner: number;
  readonly inAll: number;
}

/** The sessions of people. One that was ended never comes back, whatever comes late. Everything is durable when fulfilled. */
export interface Sessions {
  /**
   * Begins it, and ends others where there are more than the bounds say: of its owner, then of all, those that were used longest
   * ago; never this one.
   *
   * @throws Error where one of its digest was begun before.
   */
  begin(session: KeptSession, bounds: SessionBounds): Promise<void>;

  /** The session, or undefined where it was never begun or is ended; one that is past its end may still be there. */
  get(digest: string): Promise<KeptSession | undefined>;

  /** Notes that it was used; one that is not there does nothing. */
  use(digest: string, at: Instant): Promise<void>;

  /** Replaces what it is of; one that is not there does nothing. */
  reseal(digest: string, sealed: string): Promise<void>;

  /** Ends it. True for the one who did, false where there was none. */
  end(digest: string): Promise<boolean>;

  /** Those of one owner, newest first. */
  of(owner: string): Promise<KeptSession[]>;

  /** Forgets those that ended before one instant, or were not used since another. */
  forget(endedBefore: Instant, unusedSince: Instant): Promise<void>;
}
