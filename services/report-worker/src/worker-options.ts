import type { WorkOptions } from './work-on-window.ts';

/** The token of {@link WorkerOptions}. */
export const WORKER_OPTIONS = 'WORKER_OPTIONS';

/** How a worker works. */
export type WorkerOptions = Pick<WorkOptions, 'evidenceMilliseconds' | 'isRecorded' | 'ledgerKey'>;
