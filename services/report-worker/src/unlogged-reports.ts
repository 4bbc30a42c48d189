import { reasonOf, type Log } from '@margay/runtime';
import { LOG, Stages } from '@margay/runtime/nest';
import { checkLog, LogRefused, logUnlogged, type Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { LogRefusals } from './log-refusals.ts';
import { WORKER_OPTIONS, type WorkerOptions } from './worker-options.ts';

/** When a worker begins, looks whether the log is its key's, and logs the reports that are archived and have no entry: the log began later, or a worker ended between the two. */
@Injectable()
export class UnloggedReports implements OnApplicationBootstrap {
  readonly #options: WorkerOptions;
  readonly #stores: Stores;
  readonly #stages: Stages;
  readonly #log: Log;
  readonly #refusals: LogRefusals;

  constructor(
    @Inject(WORKER_OPTIONS) options: WorkerOptions,
    @Inject(STORES) stores: Stores,
    @Inject(Stages) stages: Stages,
    @Inject(LOG) log: Log,
    @Inject(LogRefusals) refusals: LogRefusals,
  ) {
    this.#options = options;
    this.#stores = stores;
    this.#stages = stages;
    this.#log = log;
    this.#refusals = refusals;
  }

  onApplicationBootstrap(): void {
    const { ledgerKey } = this.#options;
    if (ledgerKey === undefined) return;
    this.#stages.keep('unlogged', async () => {
      try {
        // Also where nothing is to be appended: that a key is another one is said before the next report.
        await checkLog(this.#stores.ledger, ledgerKey);
        const reports = await logUnlogged(this.#stores, ledgerKey);
        if (reports > 0)
          this.#log.info('Reports that had no entry in the log of reports have one', { reports });
      } catch (error) {
        if (!(error instanceof LogRefused)) throw error;
        this.#refusals.add(error);
        this.#log.error('The log of reports is not appended to', { reason: reasonOf(error) });
      }
    });
  }
}
