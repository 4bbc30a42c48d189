import type { CoverageMark, Delivery } from '@margay/coverage';
import type { Instant, Window } from '@margay/ground';

/** What the sources of one cluster are known to have delivered. */
export interface Coverage {
  /**
   * Keeps marks; durable and visible when fulfilled. A mark whose source and `from` are known does nothing, unless its
   * `to` is greater: then it takes the other's place, since it was made of the same stretch and more.
   */
  append(marks: readonly CoverageMark[]): Promise<void>;

  /**
   * All marks, by source and then `from`; for a window those that may touch it. With the deliveries, that is what the window's
   * evidence needs.
   */
  marks(window?: Window): Promise<CoverageMark[]>;

  /**
   * What each source delivered, by source: in bounded space, however long the history is.
   *
   * @param until the end of the window that they are for; over all of their time unless given.
   */
  deliveries(until?: Instant): Promise<Delivery[]>;

  /** Where reading of the source is to go on: the greatest `to` of its marks, 0 where it has none. */
  position(source: string): Promise<number>;

  /** Where reading of each source is to go on, of all that have marks. */
  positions(): Promise<ReadonlyMap<string, number>>;
}
