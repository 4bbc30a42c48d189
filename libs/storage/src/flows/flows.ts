import type { Window } from '@margay/ground';
import type { Flow } from '@margay/history';

/** That two ends talked over a time, whichever node told it. */
export type FlowPair = Pick<Flow, 'source' | 'destination' | 'action' | 'startAt' | 'endAt'>;

/** The flows of one cluster. Append-only. */
export interface Flows {
  /**
   * Keeps flows; durable and visible when fulfilled. A flow whose id is known does nothing.
   *
   * @returns how many were new.
   */
  append(flows: readonly Flow[]): Promise<number>;

  /**
   * Who talked to whom in the window: distinct by source, destination and action, each with the times that its flows
   * span. Flows that overlap or touch are one time; of a pair that fell silent in between there are several.
   *
   * Flows that only reach into the window are there with their own times. Pairs come one after the other, and the times
   * of a pair ascending; the order of pairs is the same for the same flows.
   */
  between(window: Window): AsyncIterable<FlowPair>;
}
