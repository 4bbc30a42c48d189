import type { Confirmers } from '@margay/confirmations';
import type { Pauses } from '@margay/ground';
import type { Bus } from '@margay/messaging';
import type { Log } from '@margay/runtime';
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
  /** Opens the bus of a hub that is told on brokers of its own; what hubs are told stays on the cell's own bus unless given. */
  readonly openHubBus?: (log: Log) => Promise<Bus>;
  /** How long to wait until it is tried again to hand on to those; from 1 s to 1 min unless set. */
  readonly hubPauses?: Pauses;
}
