import type { CoverageMark } from '@margay/coverage';

/** What each source of one cluster is known to have delivered. */
export interface Coverage {
  /**
   * Keeps marks; durable and visible when fulfilled. Of marks of one source with the same `from`, the one that reaches
   * farthest counts, so a stretch that is delivered again after a crash, with more behind it, counts once.
   */
  append(marks: readonly CoverageMark[]): Promise<void>;

  /** All marks, by source and `from`. One consistent state. */
  marks(): Promise<CoverageMark[]>;
}
