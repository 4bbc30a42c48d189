import type { Instant } from '@margay/ground';
import type { History } from '@margay/storage';

/** The time that the evidence spans. */
export interface EvidenceSpan {
  readonly first: Instant;
  readonly last: Instant;
  /** Until when windows can be computed: while the evidence still comes to its end, no further than that. */
  readonly until: Instant;
}

/** A log that is read for the first time comes to its end within this, from one instant of it to the next. */
const SETTLES_IN = 10_000_000;

/**
 * Watches how far the evidence has come. A log of months is read in minutes: windows of the past are due when it was read beyond
 * their ends, or when nothing came for ten seconds.
 */
export function evidenceSpan(
  history: Pick<History, 'span'>,
): (now: Instant) => Promise<EvidenceSpan | undefined> {
  let known: { readonly last: Instant; readonly since: Instant } | undefined;
  return async (now) => {
    const span = await history.span();
    if (span === undefined) return undefined;
    if (known?.last !== span.last) known = { last: span.last, since: now };
    return { ...span, until: now - known.since >= SETTLES_IN ? now : Math.min(span.last, now) };
  };
}
