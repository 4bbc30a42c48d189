import { NotSigned } from '@margay/ledger';
import { reasonOf, type Metrics } from '@margay/runtime';
import { METRICS, Readiness } from '@margay/runtime/nest';
import type { LogRefused } from '@margay/storage';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { WORKER_OPTIONS, type WorkerOptions } from './worker-options.ts';

/**
 * Counts how often the log of reports was found to be none that may be appended to, or was not signed by whoever has its key, and says why in `/readyz`: as a
 * warning, since reports are archived all the same, until a later look finds that it may be, and appends what is missing.
 */
@Injectable()
export class LogRefusals implements OnModuleInit {
  readonly #options: WorkerOptions;
  readonly #readiness: Readiness;
  readonly #metrics: Metrics;
  /** The last of each cluster's log. */
  readonly #last = new Map<string, LogRefused | NotSigned>();

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
      const words = [...this.#last.values()].map(wordsOf);
      return words.length === 0
        ? undefined
        : { warning: ['Reports are archived and not logged.', ...words].join(' ') };
    });
  }

  /** The log of a cluster goes on. */
  clear(cluster: string): void {
    this.#last.delete(cluster);
  }

  /** Whether the log of a cluster was not appended to, or not signed, when that was last tried or looked at. */
  has(cluster: string): boolean {
    return this.#last.has(cluster);
  }

  /** @returns whether it is another reason than the last one of that cluster's log. */
  add(cluster: string, refused: LogRefused | NotSigned): boolean {
    const isNew = this.#last.get(cluster)?.message !== refused.message;
    this.#last.set(cluster, refused);
    if (refused instanceof NotSigned)
      this.#metrics.logUnsignedTotal.add(1, { cluster, reason: refused.reason });
    else this.#metrics.logRefusedTotal.add(1, { cluster });
    return isNew;
  }
}

const wordsOf = (why: LogRefused | NotSigned): string =>
  why instanceof NotSigned
    ? `Whoever has the key of the log does not sign: ${reasonOf(why)}. Once he does they are logged, within a minute.`
    : `${why.message} Once that is so, a worker that runs logs them within a minute.`;
