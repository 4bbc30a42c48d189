import { reportsCompleted, reportsFailed, type ReportCompleted, type ReportFailed } from '@margay/contracts';
import { OnTopic } from '@margay/messaging/nest';
import { CLOCK, type Clock } from '@margay/runtime/nest';
import type { Stores, Windows } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';

const RESULTS = { group: 'scheduler', stage: 'results' };

/** Keeps what became of windows, as `report-completed` and `report-failed` tell it. */
@Controller()
export class ResultsController {
  readonly #windows: Windows;
  readonly #clock: Clock;

  constructor(@Inject(STORES) { windows }: Stores, @Inject(CLOCK) clock: Clock) {
    this.#windows = windows;
    this.#clock = clock;
  }

  @OnTopic(reportsCompleted, RESULTS)
  async complete(@Payload() completed: readonly ReportCompleted[]): Promise<void> {
    for (const { id } of completed) await this.#windows.complete(id, this.#clock());
  }

  @OnTopic(reportsFailed, RESULTS)
  async fail(@Payload() failed: readonly ReportFailed[]): Promise<void> {
    for (const { id, reason, attempts } of failed)
      await this.#windows.fail(id, reason, attempts, this.#clock());
  }
}
