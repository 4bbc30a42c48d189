import { parseInstant } from '@margay/ground';
import { requestPosition as positionOfRequest } from '@margay/sources';

/** In an event, or in one that an envelope holds as text. */
const RECEIVED = /requestReceivedTimestamp\\?":\s*\\?"([0-9TZ:.+-]+)/;

/**
 * The position of a request with audit events in its source, by the time of its first event.
 *
 * @param now milliseconds since the epoch, for content without a time.
 */
export function requestPosition(text: string, now: number): number {
  const [, received] = RECEIVED.exec(text) ?? [];
  return positionOfRequest(text, parseInstant(received), now);
}
