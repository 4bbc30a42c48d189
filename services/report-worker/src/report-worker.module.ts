import { Module, type DynamicModule } from '@nestjs/common';
import type { Compute } from './compute-in-thread.ts';
import { Confirmations } from './confirm/confirmations.ts';
import { LogRefusals } from './log-refusals.ts';
import { UnloggedReports } from './unlogged-reports.ts';
import { COMPUTE, WindowsController } from './windows.controller.ts';
import { WORKER_OPTIONS, type WorkerOptions } from './worker-options.ts';

/** Windows in, archived reports out. It needs a `BUS` and the `STORES`, and something that computes a window's report. */
@Module({ controllers: [WindowsController] })
export class ReportWorkerModule {
  static over(
    compute: Compute,
    options: WorkerOptions,
    ...adapters: readonly DynamicModule[]
  ): DynamicModule {
    return {
      module: ReportWorkerModule,
      imports: [...adapters],
      providers: [
        Confirmations,
        LogRefusals,
        UnloggedReports,
        { provide: COMPUTE, useValue: compute },
        { provide: WORKER_OPTIONS, useValue: options },
      ],
    };
  }
}
