import type { Confirmers } from '@margay/confirmations';
import type { Pauses } from '@margay/ground';
import type { WorkOptions } from './work-on-window.ts';

/** The token of {@link WorkerOptions}. */
export const WORKER_OPTIONS = 'WORKER_OPTIONS';

/** How a worker works. */
export interface WorkerOptions extends Pick<
  WorkOptions,
  'evidenceMilliseconds' | 'isRecorded' | 'isFeedingHubs'
> {
  /** Read each time that it is needed: after a change of keys it is another one. Without it reports are archived and not logged. */
  readonly ledgerKey?: WorkOptions['ledgerKey'];
  /** How often the log of reports is looked at when nothing is appended to it; every minute unless set. */
  readonly logMilliseconds?: number;
  /** Who confirms the heads of the log; nobody unless given. */
  readonly confirmers?: Confirmers;
  /** How long to wait until somebody who did not confirm is asked again: from 2 s to 5 min unless set. */
  readonly pauses?: Pauses;
}
