import { Module, type DynamicModule } from '@nestjs/common';
import type { Compute } from './compute-in-process.ts';
import type { Log } from '@margay/runtime';
import { LOG } from '@margay/runtime/nest';
import { Confirmations } from './confirm/confirmations.ts';
import { HUB_BUS, HubFeedController } from './hub-feed.controller.ts';
import { LogRefusals } from './log-refusals.ts';
import { UnloggedReports } from './unlogged-reports.ts';
import { COMPUTE, WindowsController } from './windows.controller.ts';
import { WORKER_OPTIONS, type WorkerOptions } from './worker-options.ts';

export type { WorkerOptions };

/** Windows in, archived reports out. It needs a `BUS` and the `STORES`, and something that computes a window's report. */
@Module({ controllers: [WindowsController] })
export class ReportWorkerModule {
  static over(
    compute: Compute,
    options: WorkerOptions,
    ...adapters: readonly DynamicModule[]
  ): DynamicModule {
    const { openHubBus } = options;
    return {
      module: ReportWorkerModule,
      imports: [...adapters],
      controllers: openHubBus === undefined ? [] : [HubFeedController],
      providers: [
        Confirmations,
        LogRefusals,
        UnloggedReports,
        { provide: COMPUTE, useValue: compute },
        { provide: WORKER_OPTIONS, useValue: options },
        ...(openHubBus === undefined
          ? []
          : [{ provide: HUB_BUS, inject: [LOG], useFactory: async (log: Log) => openHubBus(log) }]),
      ],
    };
  }
}
