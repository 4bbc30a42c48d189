import { reportWindows, type ReportWindow } from '@margay/contracts';
import type { Bus } from '@margay/messaging';
import { BUS, OnTopic, type TopicContext } from '@margay/messaging/nest';
import type { Log, Metrics } from '@margay/runtime';
import { CLOCK, LOG, METRICS, type Clock } from '@margay/runtime/nest';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { Compute } from './compute-in-thread.ts';
import { ATTEMPT_FAILED, workOn } from './work-on-window.ts';

/** The token of what computes the report of a window. */
export const COMPUTE = 'COMPUTE';

/** The consumer group of all workers. */
const GROUP = 'report-worker';

/** Has the report of every window computed and archived. Each worker takes one window after another: more workers, more at once. */
@Controller()
export class WindowsController {
  readonly #bus: Bus;
  readonly #stores: Stores;
  readonly #compute: Compute;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: Metrics;

  constructor(
    @Inject(BUS) bus: Bus,
    @Inject(STORES) stores: Stores,
    @Inject(COMPUTE) compute: Compute,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOG) log: Log,
    @Inject(METRICS) metrics: Metrics,
  ) {
    this.#bus = bus;
    this.#stores = stores;
    this.#compute = compute;
    this.#clock = clock;
    this.#log = log;
    this.#metrics = metrics;
  }

  @OnTopic(reportWindows, { group: GROUP, stage: 'windows', batchMax: 1 })
  async work(@Payload() windows: readonly ReportWindow[], @Ctx() { signal }: TopicContext): Promise<void> {
    for (const window of windows) await this.#workOn(window, signal);
  }

  async #workOn(window: ReportWindow, signal: AbortSignal): Promise<void> {
    const { id, reportName: report, reportType: type } = window;
    const result = await workOn(window, {
      bus: this.#bus,
      stores: this.#stores,
      signal,
      now: this.#clock,
      compute: (asked) => this.#measured(asked),
      onAttemptFailed: (_, attempt, error) => {
        this.#metrics.reportsTotal.add(1, { type, result: 'retried' });
        this.#log.warn(ATTEMPT_FAILED, { id, report, attempt, reason: error.message, error });
      },
    });
    this.#metrics.reportsTotal.add(1, { type, result });
    this.#log.info('A window is done', { id, report, result });
  }

  async #measured(window: ReportWindow): ReturnType<Compute> {
    const type = window.reportType;
    const observe = this.#metrics.reportSeconds.start({ type });
    const computed = await this.#compute(window);
    observe();
    const rows = computed.parts.reduce((sum, part) => sum + part.rows.length, 0);
    this.#metrics.reportRowsTotal.add(rows, { type });
    return computed;
  }
}
