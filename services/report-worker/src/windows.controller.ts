import { reportWindows, WORKER_GROUP, type ReportWindow } from '@margay/contracts';
import type { Bus } from '@margay/messaging';
import { BUS, OnTopic, type TopicContext } from '@margay/messaging/nest';
import type { Log, Metrics } from '@margay/runtime';
import { CLOCK, LOG, METRICS, type Clock } from '@margay/runtime/nest';
import { ledgerKeyFor, type Cell } from '@margay/storage';
import { CELL } from '@margay/storage/nest';
import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { Compute } from './compute-in-process.ts';
import { Confirmations } from './confirm/confirmations.ts';
import { LogRefusals } from './log-refusals.ts';
import { toLog } from './telling.ts';
import { WORKER_OPTIONS, type WorkerOptions } from './worker-options.ts';
import { workOn } from './work-on-window.ts';

/** The token of what computes the report of a window. */
export const COMPUTE = 'COMPUTE';

/** Has the report of every window computed and archived. Each worker takes one window after another: more workers, more at once. */
@Controller()
export class WindowsController {
  readonly #bus: Bus;
  readonly #cell: Cell;
  readonly #compute: Compute;
  readonly #options: WorkerOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #refusals: LogRefusals;
  readonly #confirmations: Confirmations;

  constructor(
    @Inject(BUS) bus: Bus,
    @Inject(CELL) cell: Cell,
    @Inject(COMPUTE) compute: Compute,
    @Inject(WORKER_OPTIONS) options: WorkerOptions,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOG) log: Log,
    @Inject(METRICS) metrics: Metrics,
    @Inject(LogRefusals) refusals: LogRefusals,
    @Inject(Confirmations) confirmations: Confirmations,
  ) {
    this.#bus = bus;
    this.#cell = cell;
    this.#compute = compute;
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#metrics = metrics;
    this.#refusals = refusals;
    this.#confirmations = confirmations;
  }

  @OnTopic(reportWindows, { group: WORKER_GROUP, stage: 'windows', batchMax: 1 })
  async work(@Payload() windows: readonly ReportWindow[], @Ctx() { signal }: TopicContext): Promise<void> {
    for (const window of windows) if (window.taken !== true) await this.#workOn(window, signal);
  }

  async #workOn(window: ReportWindow, signal: AbortSignal): Promise<void> {
    const { id, cluster, reportName: report, reportType: type } = window;
    const stores = this.#cell.of(cluster);
    const tell = toLog(this.#log, window);
    const result = await workOn(window, {
      ...this.#options,
      ledgerKey: await ledgerKeyFor(this.#options.ledgerKey, stores, cluster, this.#cell.clusters),
      bus: this.#bus,
      stores,
      signal,
      now: this.#clock,
      compute: (...asked) => this.#measured(...asked),
      tell: {
        ...tell,
        failed: (attempt, error) => {
          this.#metrics.reportsTotal.add(1, { cluster, type, result: 'retried' });
          tell.failed(attempt, error);
        },
        logged: () => this.#confirmations.grew(cluster),
        unlogged: (error) => {
          this.#refusals.add(cluster, error);
          tell.unlogged(error);
        },
        unexplained: (before) => {
          this.#metrics.revisionsUnexplainedTotal.add(1, { cluster });
          tell.unexplained(before);
        },
      },
    });
    this.#metrics.reportsTotal.add(1, { cluster, type, result });
    if (result === 'refused') this.#log.warn('A window is not over yet: it comes again', { id, report });
    else this.#log.info('A window is done', { id, report, result });
  }

  async #measured(...[window, unapplied]: Parameters<Compute>): ReturnType<Compute> {
    const { cluster, reportType: type } = window;
    const observe = this.#metrics.reportSeconds.start({ cluster, type });
    const computed = await this.#compute(window, unapplied);
    observe();
    const rows = computed.parts.reduce((sum, part) => sum + part.rows.length, 0);
    this.#metrics.reportRowsTotal.add(rows, { cluster, type });
    return computed;
  }
}
