import type { Fields } from '@margay/ground';
import { Counter } from './counter.ts';
import { OpenRequests, type Told } from './open-requests.ts';
import type { Reading } from './reading.ts';
import { TimeOrder, type SetBack } from './time-order.ts';

/** What a batch of one source tells. */
export interface ToldInOrder extends Told {
  /** Times that came twice, as far as this batch tells of them. */
  readonly setBack: readonly SetBack[];
}

/**
 * What is remembered of what was read, from batch to batch: requests that wait for their answer, and how far the cluster's
 * counter and the time had come in each source. So what follows from a log does not depend on how it is cut.
 */
export class SourceMemory {
  readonly #requests = new OpenRequests();
  readonly #counters = new Map<string, Counter>();

  readonly #times = new Map<string, TimeOrder>();

  /** What the readings of a batch of one source tell, and what follows from them and from what was read before. */
  tell(source: string, readings: readonly Reading[]): ToldInOrder {
    const setBack = this.#timesOf(source).tell(readings);
    const { changes, policyEvents } = this.#requests.tell(readings);
    const doubts = changes.flatMap((change) => this.#counterOf(change.origin.source).note(change) ?? []);
    return { changes: doubts.length === 0 ? changes : [...changes, ...doubts], policyEvents, setBack };
  }

  /** How far the times of a source had come, to be kept with the place that it was read to. */
  timesIn(source: string): Fields {
    return this.#timesOf(source).state();
  }

  /** Goes on from what was kept. */
  recall(source: string, times: Fields): void {
    this.#timesOf(source).recall(times);
  }

  #timesOf(source: string): TimeOrder {
    let times = this.#times.get(source);
    if (times === undefined) this.#times.set(source, (times = new TimeOrder()));
    return times;
  }

  #counterOf(source: string): Counter {
    let counter = this.#counters.get(source);
    if (counter === undefined) this.#counters.set(source, (counter = new Counter()));
    return counter;
  }
}
