import type { CanaryName, Instant } from '@margay/ground';

/** What is known of one canary, by the source that tells of it. */
export interface Canary extends CanaryName {
  /**
   * - `seen`: a source delivered it.
   * - `written`: its writer says that the API server took it: sources should have it.
   * - `failed`: its writer says that it was not written, or that nobody knows.
   * - `lost`: no canary: the API server itself counts audit events that it could not hand on, between `since` and `at`.
   */
  readonly state: 'seen' | 'written' | 'failed' | 'lost';
  /** Of one that was seen, by the API server's clock; of the others, by their writer's: when it was sent, or looked. */
  readonly at: Instant;
  /** Of what was lost, when the writer looked before. */
  readonly since?: Instant;
  /** Of what failed and what was lost, why, as a sentence. */
  readonly message?: string;
}

/** Canaries of one API server and one state, one after the other: none of them is missing. */
export interface CanaryRun extends Omit<CanaryName, 'sequence'> {
  readonly state: Canary['state'];
  /** The first sequence number and the last. */
  readonly from: number;
  readonly to: number;
  /** Of the first canary, and of the last. */
  readonly first: Instant;
  readonly last: Instant;
  /** Of the last. */
  readonly message?: string;
}

/** About when the canary of a sequence was written: they come in steps of one length. */
export const instantIn = (
  { from, to, first, last }: Pick<CanaryRun, 'from' | 'to' | 'first' | 'last'>,
  sequence: number,
): Instant => (from === to ? first : first + Math.round(((last - first) * (sequence - from)) / (to - from)));
