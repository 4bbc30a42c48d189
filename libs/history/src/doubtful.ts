import type { Instant } from '@margay/ground';
import type { Change } from './change.ts';
import { OUTCOME_UNKNOWN, type May, type ObjectDoubt } from './object-doubt.ts';
import { EVERYTHING } from './place.ts';

/** A change that says what is not known. */
export type Doubtful = Change & { readonly doubt: ObjectDoubt };

export const isDoubtful = (change: Change): change is Doubtful =>
  change.what === 'doubtful' && change.doubt !== undefined;

/** True for a change of a part, which says what is not known where the rest was not seen. */
export const isPatch = (change: Change): change is Doubtful =>
  change.what === 'patched' && change.doubt !== undefined;

/**
 * A doubt about what an object was until a change showed or found it.
 *
 * @param since from when on.
 */
export function doubtBefore(change: Change, id: string, since: Instant, doubt: ObjectDoubt): Doubtful {
  const {
    content: _,
    resourceVersion: __,
    generation: ___,
    basedOn: ____,
    actor: _____,
    doubt: ______,
    ...facts
  } = change;
  return { ...facts, id, what: 'doubtful', created: true, receivedAt: since, doubt };
}

/** A doubt about everything. @param facts which one it is, in which time it arose, and where that was read. */
export const doubtAboutAll = (
  facts: Pick<Change, 'id' | 'eventId' | 'at' | 'receivedAt' | 'origin'>,
  reason: string,
  message: string,
): Doubtful => ({
  ...facts,
  ...EVERYTHING,
  what: 'doubtful',
  doubt: { reason, may: 'be-anything', message },
});

/** Something that is open about one object in `[start, until)`. */
export interface OpenDoubt {
  readonly start: Instant;
  readonly until: Instant;
  readonly may: May;
  readonly of: Doubtful;
  /** See `DoubtSince`. */
  readonly refutedAt?: Instant;
}

/** True where it is not even known whether the request was carried out. */
export const isOutcomeUnknown = ({ doubt }: Doubtful): boolean => doubt.reason === OUTCOME_UNKNOWN;
