import type { PolicyEvent } from '@margay/history';
import type { Key, Window } from '@margay/ground';

/** The audit trail of one cluster: who tried to write which object when, and what became of it. Append-only. */
export interface Trail {
  /**
   * Keeps events; durable and visible when fulfilled. An event whose id is known does nothing.
   *
   * @returns how many were new.
   */
  append(events: readonly PolicyEvent[]): Promise<number>;

  /**
   * The events with `start <= at < end`, by `at` and then `eventId`. One consistent state.
   *
   * @param resources lower-case plurals, of any API group; all where absent.
   * @param object whose name they have, or none, as those that name all of a namespace; of any where absent.
   */
  between(
    window: Window,
    resources?: readonly string[],
    object?: Pick<Key, 'namespace' | 'name'>,
  ): AsyncIterable<PolicyEvent>;
}
