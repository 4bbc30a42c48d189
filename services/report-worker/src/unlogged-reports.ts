import { setTimeout as sleep } from 'node:timers/promises';
import { type LogKey, NotSigned } from '@margay/ledger';
import type { Bus } from '@margay/messaging';
import { BUS } from '@margay/messaging/nest';
import { reasonOf, type Log } from '@margay/runtime';
import { CLOCK, type Clock, LOG, Stages } from '@margay/runtime/nest';
import { checkLog, cosigned, ledgerKeyFor, LogRefused, logUnlogged, type Cell } from '@margay/storage';
import { CELL } from '@margay/storage/nest';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Confirmations } from './confirm/confirmations.ts';
import { LogRefusals } from './log-refusals.ts';
import { publishHead } from './publish-head.ts';
import { tellHubsOf, tellHubsOfHead } from './tell-hubs.ts';
import { WORKER_OPTIONS, type WorkerOptions } from './worker-options.ts';

const LOOK_MILLISECONDS = 60_000;

/**
 * When a worker begins, looks whether the log is its key's, and logs the reports that are archived and have no entry: the log began later, or
 * a worker ended between the two. Then it publishes the log's head, which a worker that ended may not have. From then on it looks now and then whether the log is still what was signed last, and whole,
 * and tells hubs so.
 */
@Injectable()
export class UnloggedReports implements OnApplicationBootstrap {
  readonly #bus: Bus;
  readonly #options: WorkerOptions;
  readonly #cell: Cell;
  readonly #stages: Stages;
  readonly #log: Log;
  readonly #refusals: LogRefusals;
  /** By cluster: the id of the key with which it was looked last what has no entry. */
  readonly #keys = new Map<string, string>();
  readonly #confirmations: Confirmations;
  readonly #clock: Clock;

  constructor(
    @Inject(BUS) bus: Bus,
    @Inject(WORKER_OPTIONS) options: WorkerOptions,
    @Inject(CELL) cell: Cell,
    @Inject(Stages) stages: Stages,
    @Inject(LOG) log: Log,
    @Inject(LogRefusals) refusals: LogRefusals,
    @Inject(Confirmations) confirmations: Confirmations,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#clock = clock;
    this.#bus = bus;
    this.#options = options;
    this.#cell = cell;
    this.#stages = stages;
    this.#log = log;
    this.#refusals = refusals;
    this.#confirmations = confirmations;
  }

  onApplicationBootstrap(): void {
    if (this.#options.ledgerKey === undefined) return;
    const { logMilliseconds = LOOK_MILLISECONDS } = this.#options;
    this.#stages.keep('unlogged', async (signal) => {
      while (!signal.aborted) {
        for (const cluster of this.#cell.clusters) await this.#lookAt(cluster);
        await sleep(logMilliseconds, undefined, { signal }).catch(() => undefined);
      }
    });
  }

  async #logThoseOf(cluster: string, key: LogKey): Promise<void> {
    const stores = this.#cell.of(cluster);
    const { isFeedingHubs = true } = this.#options;
    const reports = await logUnlogged(stores, key, async (headers) => {
      if (isFeedingHubs) for (const header of headers) await tellHubsOf(this.#bus, stores, header);
    });
    if (reports > 0)
      this.#log.info('Reports that had no entry in the log of reports have one', { cluster, reports });
    this.#confirmations.grew(cluster);
    const head = await stores.ledger.head();
    if (head !== undefined) await publishHead(this.#bus, cluster, await cosigned(stores.ledger, head));
    await this.#tellHubs(cluster, key);
  }

  async #tellHubs(cluster: string, key: LogKey): Promise<void> {
    const { isFeedingHubs = true } = this.#options;
    if (isFeedingHubs)
      await tellHubsOfHead(this.#bus, this.#cell.of(cluster), cluster, { key, now: this.#clock() });
  }

  /**
   * Also where nothing is to be appended: that a key is another one, or an entry is missing, is said before the next report. Reports that have no entry
   * are logged by the first look that finds nothing wrong, by the first after something was, and by the first with another key.
   */
  async #lookAt(cluster: string): Promise<void> {
    const stores = this.#cell.of(cluster);
    const key = await ledgerKeyFor(this.#options.ledgerKey, stores, cluster, this.#cell.clusters);
    if (key === undefined) return;
    try {
      await checkLog(stores.ledger, key);
      const known = this.#keys.get(cluster);
      const wasRefused = this.#refusals.has(cluster);
      if (known === key.id && !wasRefused) return await this.#tellHubs(cluster, key);
      await this.#logThoseOf(cluster, key);
      if (known !== undefined && known !== key.id)
        this.#log.info('The log goes on with another key', { cluster, key: key.id });
      if (wasRefused) this.#log.info('The log of reports goes on again', { cluster });
      this.#keys.set(cluster, key.id);
      this.#refusals.clear(cluster);
    } catch (error) {
      if (!(error instanceof LogRefused || error instanceof NotSigned)) throw error;
      if (!this.#refusals.add(cluster, error)) return;
      const what =
        error instanceof NotSigned
          ? 'Whoever has the key of the log of reports does not sign'
          : 'The log of reports is not appended to';
      this.#log.error(what, { cluster, reason: reasonOf(error) });
    }
  }
}
