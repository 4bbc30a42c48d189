import type { Contact, Flow } from '@margay/flows';
import type { Window } from '@margay/ground';

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
   * span. Flows that overlap or touch are one time; of those who fell silent in between there are several.
   *
   * Flows that only reach into the window are there with their own times. Who talked to whom comes one after the other,
   * with ascending times, and in the same order for the same flows.
   */
  between(window: Window): AsyncIterable<Contact>;
}
