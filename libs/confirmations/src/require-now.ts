import { Unconfirmed } from './post.ts';

/** So far apart two clocks may be: what somebody signs now says a time that is not now where they are farther. */
const APART_MINUTES = 10;

/**
 * Holds the time that somebody says in what he just signed against the clock here: whoever reads it later takes it for the time since when
 * something was there.
 *
 * @param said milliseconds since 1970.
 * @throws Unconfirmed
 */
export function requireNow(said: number, now: () => number = Date.now): void {
  const here = now();
  if (Math.abs(said - here) <= APART_MINUTES * 60_000) return;
  throw new Unconfirmed(
    'wrong',
    `what it signed says that it is ${new Date(said).toISOString()}, and here it is ${new Date(here).toISOString()}: one of the two clocks is wrong`,
  );
}
