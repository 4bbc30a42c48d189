import type { Log, Metrics } from '@margay/runtime';
import { LOG, METRICS, Stages } from '@margay/runtime/nest';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { INGEST_FLOWS } from '../flow-ingestion.ts';
import type { IngestFlows } from '../ingest-flows.ts';
import { FLOW_INGESTOR_OPTIONS, type FlowIngestorOptions } from '../options.ts';
import { serveFlowReceiver } from './flow-receiver.ts';

/** Keeps the receiver open. */
@Injectable()
export class ReceiverListener implements OnApplicationBootstrap {
  readonly #options: FlowIngestorOptions;
  readonly #ingest: IngestFlows;
  readonly #stages: Stages;
  readonly #log: Log;
  readonly #metrics: Metrics;

  constructor(
    @Inject(FLOW_INGESTOR_OPTIONS) options: FlowIngestorOptions,
    @Inject(INGEST_FLOWS) ingest: IngestFlows,
    @Inject(Stages) stages: Stages,
    @Inject(LOG) log: Log,
    @Inject(METRICS) metrics: Metrics,
  ) {
    this.#options = options;
    this.#ingest = ingest;
    this.#stages = stages;
    this.#log = log;
    this.#metrics = metrics;
  }

  onApplicationBootstrap(): void {
    const { receiver } = this.#options;
    if (receiver?.FLOW_HTTP_PORT === undefined) return;
    this.#stages.keep('receiver', async (signal) => {
      const [log, metrics] = [this.#log, this.#metrics];
      const http = await serveFlowReceiver(receiver, this.#ingest, { log, metrics });
      log.info('The flow receiver is open', { url: http?.url });
      if (!signal.aborted)
        await new Promise((stopped) => signal.addEventListener('abort', stopped, { once: true }));
      await http?.close();
    });
  }
}
