import { Module, type DynamicModule } from '@nestjs/common';
import { ResultsController } from './results.controller.ts';
import { SCHEDULER_OPTIONS, Schedules, type SchedulerOptions } from './schedules.ts';

/** GlobalReports in, windows out, and what became of them. It needs a `BUS` and the `STORES`. Any number of them may run. */
@Module({ controllers: [ResultsController], providers: [Schedules] })
export class SchedulerModule {
  static over(options: SchedulerOptions, ...adapters: readonly DynamicModule[]): DynamicModule {
    return {
      module: SchedulerModule,
      imports: [...adapters],
      providers: [{ provide: SCHEDULER_OPTIONS, useValue: options }],
    };
  }
}
