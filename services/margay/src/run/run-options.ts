import type { Instant } from '@margay/ground';

/** What is asked for. */
export interface RunOptions {
  readonly start?: Instant;
  readonly end?: Instant;
  readonly revise?: true;
  readonly api?: string;
  readonly reports?: string;
  readonly kubeconfig?: string;
  readonly group: string;
  readonly wait?: true;
}
