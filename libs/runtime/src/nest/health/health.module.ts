import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import type { Metrics } from '../../metrics/metrics.ts';
import { METRICS } from '../tokens.ts';
import { HealthController } from './health.controller.ts';
import { Readiness } from './readiness.ts';

/** Whether the process lives, and whether it should get work: for Kubernetes, and as a metric. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [Readiness],
  exports: [Readiness],
})
export class HealthModule implements OnModuleInit {
  readonly #readiness: Readiness;
  readonly #metrics: Metrics;

  constructor(@Inject(Readiness) readiness: Readiness, @Inject(METRICS) metrics: Metrics) {
    this.#readiness = readiness;
    this.#metrics = metrics;
  }

  onModuleInit(): void {
    this.#metrics.onScrape(async () => {
      for (const [check, { ready }] of Object.entries((await this.#readiness.look()).checks))
        this.#metrics.ready.set(ready ? 1 : 0, { check });
    });
  }
}
