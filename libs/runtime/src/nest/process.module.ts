import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { HealthModule } from './health/health.module.ts';
import { inputPipe } from './http/input-pipe.ts';
import { ProblemFilter } from './http/problem-filter.ts';
import { RouteRights } from './http/route-rights.ts';
import { SmallBodies } from './http/small-bodies.ts';
import { MetricsModule } from './metrics/metrics.module.ts';
import { Stages, STAGES_OPTIONS, type StagesOptions } from './stages.ts';
import { CLOCK, LOG, METRICS, systemClock, type Clock } from './tokens.ts';
import { Transports } from './transports.ts';

/** What every module of a process may have injected, and what holds for every route of it. */
export interface ProcessParts extends StagesOptions {
  readonly log: Log;
  readonly metrics: Metrics;
  /** That of the machine unless given. */
  readonly clock?: Clock;
}

/**
 * The ground of every application: log, metrics, health, stages, rights of routes, problems as answers, checked input. It is
 * global, so that a service's module need not import it; tests give it a silent log.
 */
@Module({})
export class ProcessModule {
  static with({ log, metrics, clock = systemClock, ...options }: ProcessParts): DynamicModule {
    return {
      module: ProcessModule,
      global: true,
      imports: [DiscoveryModule, HealthModule, MetricsModule],
      providers: [
        { provide: LOG, useValue: log },
        { provide: METRICS, useValue: metrics },
        { provide: CLOCK, useValue: clock },
        { provide: STAGES_OPTIONS, useValue: options },
        Stages,
        Transports,
        RouteRights,
        { provide: APP_GUARD, useExisting: RouteRights },
        { provide: APP_GUARD, useClass: SmallBodies },
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useFactory: inputPipe },
      ],
      exports: [LOG, METRICS, CLOCK, Stages, Transports, RouteRights, HealthModule],
    };
  }
}
