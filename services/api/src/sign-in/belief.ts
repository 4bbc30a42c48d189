import type { Instant } from '@margay/ground';

/** What is kept of the moment when an identity provider named somebody. */
export interface Naming {
  readonly at: Instant;
  /** By which it can be asked again, where it gave one. */
  readonly refresh?: string;
}

/** How long what a provider said of somebody is believed, in milliseconds. */
export interface Belief {
  /** It is asked again after that, where it can be. */
  readonly askAgain: number;
  /** Where it cannot be asked, or does not answer: then the session ends. */
  readonly atMost: number;
}
