import { reportsCompleted, reportsFailed, type ReportCompleted, type ReportFailed } from '@margay/contracts';
import { OnTopic, type TopicContext } from '@margay/messaging/nest';
import type { Log } from '@margay/runtime';
import { CLOCK, LOG, type Clock } from '@margay/runtime/nest';
import type { Cell } from '@margay/storage';
import { CELL } from '@margay/storage/nest';
import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { tellCompleted, tellFailed, type NotifyOptions } from './notify.ts';
import { sendWebhook, type Webhook } from './send-webhook.ts';

/** The settings of the notifier's module. */
export interface NotifierOptions
  extends Pick<NotifyOptions, 'rules' | 'ageMax'>, Pick<Webhook, 'url' | 'secret' | 'retryMilliseconds'> {}

/** The token of {@link NotifierOptions}. */
export const NOTIFIER_OPTIONS = 'NOTIFIER_OPTIONS';

const NEWS = { group: 'notifier', stage: 'webhook' };

/**
 * Tells a webhook of finished and failed windows, and of reports that are worse than the one of the window before.
 *
 * The ids of events tell repeats. The topics stay the source of truth: what cannot be delivered goes to their dead-letter topics.
 */
@Controller()
export class NewsController {
  readonly #options: NotifierOptions;
  readonly #cell: Cell;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(
    @Inject(NOTIFIER_OPTIONS) options: NotifierOptions,
    @Inject(CELL) cell: Cell,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOG) log: Log,
  ) {
    this.#options = options;
    this.#cell = cell;
    this.#clock = clock;
    this.#log = log;
  }

  @OnTopic(reportsCompleted, NEWS)
  async tellCompleted(
    @Payload() reports: readonly ReportCompleted[],
    @Ctx() { signal }: TopicContext,
  ): Promise<void> {
    for (const report of reports) await tellCompleted(report, this.#telling(report, signal));
  }

  @OnTopic(reportsFailed, NEWS)
  async tellFailed(
    @Payload() reports: readonly ReportFailed[],
    @Ctx() { signal }: TopicContext,
  ): Promise<void> {
    for (const report of reports) await tellFailed(report, this.#telling(report, signal));
  }

  #telling({ cluster }: Pick<ReportCompleted, 'cluster'>, signal: AbortSignal): NotifyOptions {
    const { archive, ledger } = this.#cell.of(cluster);
    return {
      ...this.#options,
      archive,
      ledger,
      now: this.#clock(),
      send: async (event) => {
        await sendWebhook(event, { ...this.#options, signal });
        this.#log.info('An event was delivered', { id: event.id, type: event.type });
      },
    };
  }
}
