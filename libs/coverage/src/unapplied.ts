import { formatInstant, type Instant } from '@margay/ground';
import type { Doubt } from './doubt.ts';
import type { Stream } from './stream.ts';

/** What was delivered and was not in the stores when they were read: so many messages, published before an instant. */
export interface Unapplied {
  readonly before: Instant;
  /** Of audit logs and watches, with the marks of all that was delivered. */
  readonly changes: number;
  /** Of flow logs. */
  readonly flows: number;
}

/**
 * From when on what was not applied may have something to tell: sources deliver in their order, and a mark is kept when what it
 * counts is, so that what is missing lies behind the end of one of them.
 *
 * @param begin from when on there was something to tell, where nothing of them has a time.
 */
export const unappliedFrom = (streams: readonly Stream[], begin: Instant): Instant =>
  streams.length === 0
    ? begin
    : streams.reduce((first, { last }) => Math.min(first, last === undefined ? begin : last + 1), Infinity);

/** What is open because changes were not applied. */
export function unappliedDoubt(
  unapplied: Unapplied | undefined,
  streams: readonly Stream[],
  begin: Instant,
): Doubt[] {
  if (unapplied === undefined || unapplied.changes === 0) return [];
  const { changes, before } = unapplied;
  const since = unappliedFrom(streams, begin);
  return [
    {
      id: `unapplied/${formatInstant(before)}`,
      about: 'everything',
      since,
      reason: 'unapplied',
      message: unappliedWords(changes, before),
      source: '',
    },
  ];
}

/** Says how many messages were not applied, and what helps. */
export const unappliedWords = (messages: number, before: Instant): string =>
  `${messages === 1 ? 'One message that was' : `${messages} messages that were`} published before ${formatInstant(before)} ` +
  `${messages === 1 ? 'was' : 'were'} not applied yet when the report was computed.`;
