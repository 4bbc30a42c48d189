import type { Instant, Window } from '@margay/ground';
import type { KnownReport } from '@margay/storage';

/** What is known of time when somebody asks. */
export interface AskedAt {
  /** The first and the last change of the history; undefined where there is none. */
  readonly evidence: { readonly first: Instant; readonly last: Instant } | undefined;
  readonly now: Instant;
}

/**
 * The window of a run that somebody asks for, who may leave its start or end to us: where a schedule is kept, from the start of its
 * next window until now; else over all the evidence. Undefined where that is needed and there is none.
 */
export function windowToAsk(
  { next }: Pick<KnownReport, 'next'>,
  { start, end }: Partial<Window>,
  { evidence, now }: AskedAt,
): Window | undefined {
  const from = start ?? next?.start ?? evidence?.first;
  const to = end ?? (next === undefined ? evidence && Math.min(evidence.last + 1, now) : now);
  return from === undefined || to === undefined ? undefined : { start: from, end: to };
}
