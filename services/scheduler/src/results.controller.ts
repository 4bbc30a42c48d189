import { reportsCompleted, reportsFailed, type ReportCompleted, type ReportFailed } from '@margay/contracts';
import { OnTopic } from '@margay/messaging/nest';
import { CLOCK, type Clock } from '@margay/runtime/nest';
import type { Cell } from '@margay/storage';
import { CELL } from '@margay/storage/nest';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';

const RESULTS = { group: 'scheduler', stage: 'results' };

/** Keeps what became of windows, as `report-completed` and `report-failed` tell it. */
@Controller()
export class ResultsController {
  readonly #cell: Cell;
  readonly #clock: Clock;

  constructor(@Inject(CELL) cell: Cell, @Inject(CLOCK) clock: Clock) {
    this.#cell = cell;
    this.#clock = clock;
  }

  @OnTopic(reportsCompleted, RESULTS)
  async complete(@Payload() completed: readonly ReportCompleted[]): Promise<void> {
    for (const { cluster, id } of completed) await this.#cell.of(cluster).windows.complete(id, this.#clock());
  }

  @OnTopic(reportsFailed, RESULTS)
  async fail(@Payload() failed: readonly ReportFailed[]): Promise<void> {
    for (const { cluster, id, reason, attempts } of failed)
      await this.#cell.of(cluster).windows.fail(id, reason, attempts, this.#clock());
  }
}
