import type { CoverageMark, Delivery } from '@margay/coverage';
import type { Instant, Window } from '@margay/ground';
import { birthOf, FIRST_OBJECT, type Sight } from '@margay/history';
import type { Stores } from './stores.ts';

/** What the sources delivered of a window, and all that their time up to its end says of it. */
export interface Delivered {
  readonly marks: readonly CoverageMark[];
  readonly deliveries: readonly Delivery[];
  /** When the cluster was born, where the history holds it. */
  readonly birth?: Instant;
}

/**
 * What the sources delivered. A mark is kept behind all that it counts: what is read of the other stores afterwards holds
 * everything that is said here to have been delivered.
 */
export async function deliveredIn(
  { coverage, history }: Pick<Stores, 'coverage' | 'history'>,
  window: Window,
): Promise<Delivered> {
  const marks = await coverage.marks(window);
  const deliveries = await coverage.deliveries(window.end);
  const birth = birthOf(await history.changesOf(FIRST_OBJECT));
  return { marks, deliveries, ...(birth !== undefined && { birth }) };
}

/** The first sights from each of the instants on, of requests that were answered before another. */
export async function sightsFrom(
  { history }: Pick<Stores, 'history'>,
  instants: readonly Instant[],
  before: Instant,
): Promise<ReadonlyMap<Instant, readonly Sight[]>> {
  const sights = new Map<Instant, Sight[]>();
  for (const from of instants) {
    const seen: Sight[] = [];
    for await (const sight of history.firstSights({ from, before })) seen.push(sight);
    sights.set(from, seen);
  }
  return sights;
}
