import { parseInstant, type Instant } from '@margay/ground';
import { requestPosition as positionOfRequest, sentAt } from '@margay/sources';

/** In an event, or in one that an envelope holds as text. */
const RECEIVED = /requestReceivedTimestamp\\?":\s*\\?"([0-9TZ:.+-]+)/;

/**
 * The position of a request with audit events in its source, by the time of its first event, or of the request where events are packed.
 *
 * @param now milliseconds since the epoch, for content without a time.
 */
export const requestPosition = (text: string, now: number): number =>
  positionOfRequest(text, firstEventIn(text) ?? sentAt(text), now);

/** When the request of the first event in a text was received, if there is one with a time. */
export const firstEventIn = (text: string): Instant | undefined => parseInstant(RECEIVED.exec(text)?.[1]);
