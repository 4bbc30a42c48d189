import { Counter } from './counter.ts';
import { OpenRequests, type Told } from './open-requests.ts';
import type { Reading } from './reading.ts';

/**
 * What is remembered of what was read, from batch to batch: requests that wait for their answer, and how far the cluster's
 * counter had come in each source. So what follows from a log does not depend on how it is cut.
 */
export class SourceMemory {
  readonly #requests = new OpenRequests();
  readonly #counters = new Map<string, Counter>();

  /** What the readings of a batch tell, and what follows from them and from what was read before. */
  tell(readings: readonly Reading[]): Told {
    const { changes, policyEvents } = this.#requests.tell(readings);
    const doubts = changes.flatMap((change) => this.#counterOf(change.origin.source).note(change) ?? []);
    return { changes: doubts.length === 0 ? changes : [...changes, ...doubts], policyEvents };
  }

  #counterOf(source: string): Counter {
    let counter = this.#counters.get(source);
    if (counter === undefined) this.#counters.set(source, (counter = new Counter()));
    return counter;
  }
}
