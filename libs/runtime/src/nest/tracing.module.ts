import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { ProcessConfig } from '../config/settings.ts';
import type { Log } from '../log.ts';
import { exportSpans } from '../tracing/export-spans.ts';
import { LOG } from './tokens.ts';

const FLUSH = 'FLUSH_SPANS';

/** Sends the spans of a process where its settings say; the last ones when everything else has ended. */
@Module({})
export class TracingModule implements OnApplicationShutdown {
  readonly #flush: () => Promise<void>;

  constructor(@Inject(FLUSH) flush: () => Promise<void>) {
    this.#flush = flush;
  }

  static as(service: string, config: ProcessConfig): DynamicModule {
    const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers } = config;
    const useFactory = (log: Log) =>
      endpoint === undefined
        ? async () => {}
        : exportSpans({ endpoint, ...(headers !== undefined && { headers }), service, log });
    return { module: TracingModule, providers: [{ provide: FLUSH, inject: [LOG], useFactory }] };
  }

  onApplicationShutdown(): Promise<void> {
    return this.#flush();
  }
}
