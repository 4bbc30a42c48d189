import type { AsideMessage } from '@margay/coverage';

/**
 * What was set aside of one cluster by services that did not know it: whoever does later, or does at the same time, finds it here. What it
 * leaves open is in the coverage.
 */
export interface Asides {
  /** Remembers messages; durable and visible when fulfilled. One that is known, or was settled since, does nothing. */
  append(some: readonly AsideMessage[]): Promise<void>;

  /** What was set aside at those places was handled since, and is not missing any more; others do nothing. */
  settle(places: readonly string[]): Promise<void>;

  /** Those that are missing still, also of what may be of any cluster; in no order. */
  open(): Promise<AsideMessage[]>;
}

/** The name under which it is remembered what may be of any cluster: none has it. */
export const ANY_CLUSTER = '';
