import { APART_MILLISECONDS, isoOf } from '@margay/ledger';
import { Unconfirmed } from './post.ts';

/**
 * Holds the time that somebody says in what he just signed against the clock here: whoever reads it later takes it for the time since when
 * something was there.
 *
 * @param said milliseconds since 1970.
 * @throws Unconfirmed
 */
export function requireNow(said: number, now: () => number = Date.now): void {
  const here = now();
  if (Math.abs(said - here) <= APART_MILLISECONDS) return;
  throw new Unconfirmed(
    'wrong',
    `what it signed says that it is ${isoOf(said)}, and here it is ${isoOf(here)}: one of the two clocks is wrong`,
  );
}
