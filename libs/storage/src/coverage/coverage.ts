import type { CoverageMark } from '@margay/coverage';

/** What the sources of one cluster are known to have delivered. */
export interface Coverage {
  /**
   * Keeps marks; durable and visible when fulfilled. A mark whose source and `from` are known does nothing, unless its
   * `to` is greater: then it takes the other's place, since it was made of the same stretch and more.
   */
  append(marks: readonly CoverageMark[]): Promise<void>;

  /** All marks, by source and then `from`. */
  marks(): Promise<CoverageMark[]>;

  /** Where reading of the source is to go on: the greatest `to` of its marks, 0 where it has none. */
  position(source: string): Promise<number>;
}
