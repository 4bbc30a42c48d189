import type { Flow, Window } from '@margay/history';

/** The flows of one cluster. */
export interface Flows {
  /**
   * Keeps flows; durable and visible when fulfilled. A flow whose id is known does nothing.
   *
   * @returns how many were new.
   */
  append(flows: readonly Flow[]): Promise<number>;

  /** The flows that overlap the window, by start and then id. One consistent state. */
  between(window: Window): AsyncIterable<Flow>;
}
