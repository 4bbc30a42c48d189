import type { WorkOptions } from './work-on-window.ts';

/** The token of {@link WorkerOptions}. */
export const WORKER_OPTIONS = 'WORKER_OPTIONS';

/** How a worker works. */
export interface WorkerOptions extends Pick<
  WorkOptions,
  'evidenceMilliseconds' | 'isRecorded' | 'ledgerKey'
> {
  /** How often the log of reports is looked at when nothing is appended to it; every minute unless set. */
  readonly logMilliseconds?: number;
}
