import type { Metrics } from '@margay/runtime';
import { METRICS, Readiness } from '@margay/runtime/nest';
import type { LogRefused } from '@margay/storage';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { WORKER_OPTIONS, type WorkerOptions } from './worker-options.ts';

/**
 * Counts how often the log of reports was found to be none that may be appended to, and says why in `/readyz`: as a warning, since reports are archived all the
 * same, and until the next start, or another key, which appends what is missing.
 */
@Injectable()
export class LogRefusals implements OnModuleInit {
  readonly #options: WorkerOptions;
  readonly #readiness: Readiness;
  readonly #metrics: Metrics;
  /** The last of each cluster's log. */
  readonly #last = new Map<string, LogRefused>();

  constructor(
    @Inject(WORKER_OPTIONS) options: WorkerOptions,
    @Inject(Readiness) readiness: Readiness,
    @Inject(METRICS) metrics: Metrics,
  ) {
    this.#options = options;
    this.#readiness = readiness;
    this.#metrics = metrics;
  }

  onModuleInit(): void {
    if (this.#options.ledgerKey === undefined) return;
    this.#readiness.add('log', () => {
      const words = [...this.#last.values()].map(({ message }) => message);
      if (words.length === 0) return undefined;
      return {
        warning: `Reports are archived and not logged. ${words.join(' ')} Then start again: that logs them.`,
      };
    });
  }

  /** The log of a cluster goes on. */
  clear(cluster: string): void {
    this.#last.delete(cluster);
  }

  /** @returns whether it is another reason than the last one of that cluster's log. */
  add(cluster: string, refused: LogRefused): boolean {
    const isNew = this.#last.get(cluster)?.message !== refused.message;
    this.#last.set(cluster, refused);
    this.#metrics.logRefusedTotal.add(1, { cluster });
    return isNew;
  }
}
