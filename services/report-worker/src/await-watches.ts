import { setTimeout as sleep } from 'node:timers/promises';
import { watchesBehind } from '@margay/coverage';
import { MINUTE, pauseAfter, type Window } from '@margay/ground';
import type { Stores } from '@margay/storage';

/** A watch that was not heard for so long before a window's end is not waited for. */
const ALIVE = 3 * MINUTE;
/** They are asked for proof when the window is published, and give it within seconds. */
const LIMIT_MILLISECONDS = 15_000;
const PAUSES = { first: 250, longest: 2_000 };

/** How watches are waited for. */
export interface WatchesWait {
  readonly coverage: Stores['coverage'];
  /** The longest wait, and never more than 15 s. */
  readonly limitMilliseconds: number;
  readonly signal: AbortSignal;
}

/**
 * Waits until the watches that were there shortly before a window's end are known to have told everything up to it. What is not told
 * when the limit is over is left open by the evidence.
 *
 * @throws what the store threw, or what the signal was aborted with.
 */
export async function awaitWatches(
  { end }: Pick<Window, 'end'>,
  { coverage, limitMilliseconds, signal }: WatchesWait,
): Promise<void> {
  const until = performance.now() + Math.min(limitMilliseconds, LIMIT_MILLISECONDS);
  for (let looks = 1; ; looks++) {
    signal.throwIfAborted();
    const behind = watchesBehind(await coverage.deliveries(), { start: end - ALIVE, end });
    const left = until - performance.now();
    if (behind.length === 0 || left <= 0) return;
    await sleep(Math.min(left, pauseAfter(looks, PAUSES)), undefined, { signal });
  }
}
