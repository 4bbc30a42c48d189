import type { Instant, Window } from '@margay/ground';
import { NetworkState, type NetworkStateOptions } from '@margay/policy';
import type { Played } from '../doubts/played.ts';
import { CurrentObjects, type ObjectChange } from './objects.ts';
import { type Step, steps } from './steps.ts';

/** The cluster at an instant of a replay, and what changed since the one before. Valid until the next is asked for. */
export interface Moment {
  readonly at: Instant;
  readonly step: Step;
  /** By key text. */
  readonly changes: ReadonlyMap<string, ObjectChange>;
  /** Key texts of the endpoints that came, went, or may have changed their policies or scope. */
  readonly affected: ReadonlySet<string>;
  readonly network: NetworkState;
  readonly objects: CurrentObjects;
}

/**
 * Plays the window: the cluster at its start, then at every instant at which something begins or ends, with everything of
 * that instant applied.
 *
 * Costs what changed and whom it concerned. Throws `SelectorError` for a scope that cannot be read.
 */
export function* replay(
  { versions, unseen }: Pick<Played, 'versions' | 'unseen'>,
  window: Window,
  options: NetworkStateOptions,
): Generator<Moment> {
  const network = new NetworkState(options);
  const objects = new CurrentObjects();
  for (const step of steps(versions, window, unseen)) {
    for (const span of step.unseenEnded) network.setUnseen(span, false);
    for (const span of step.unseenBegun) network.setUnseen(span, true);
    const changes = objects.apply(step);
    for (const { before, now } of changes.values()) {
      if (now !== undefined) network.upsert(now.content, now.doubted);
      else if (before !== undefined) network.remove(before);
    }
    yield { at: step.at, step, changes, affected: network.flush(), network, objects };
  }
}
