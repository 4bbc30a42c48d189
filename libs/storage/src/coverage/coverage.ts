import type { CoverageMark } from '@margay/coverage';
import type { Window } from '@margay/ground';

/** What the sources of one cluster are known to have delivered. */
export interface Coverage {
  /**
   * Keeps marks; durable and visible when fulfilled. A mark whose source and `from` are known does nothing, unless its
   * `to` is greater: then it takes the other's place, since it was made of the same stretch and more.
   */
  append(marks: readonly CoverageMark[]): Promise<void>;

  /**
   * All marks, by source and then `from`. For a window those that may touch it, and for each source one in place of all
   * its others (`distantMark`): what the window's evidence needs, however long the history is.
   */
  marks(window?: Window): Promise<CoverageMark[]>;

  /** Where reading of the source is to go on: the greatest `to` of its marks, 0 where it has none. */
  position(source: string): Promise<number>;
}

/** The order of marks. */
export const byPlace = (a: CoverageMark, b: CoverageMark): number =>
  a.source === b.source ? a.from - b.from : a.source < b.source ? -1 : 1;
