import type { Log, Metrics } from '@margay/runtime';
import { LOG, METRICS, Stages } from '@margay/runtime/nest';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Ingestion } from '../../ingestion.ts';
import { AUDIT_INGESTOR_OPTIONS, type AuditIngestorOptions } from '../../options.ts';
import { serveAuditWebhook } from './audit-webhook.ts';

/** Keeps the webhook open. */
@Injectable()
export class WebhookListener implements OnApplicationBootstrap {
  readonly #options: AuditIngestorOptions;
  readonly #ingestion: Ingestion;
  readonly #stages: Stages;
  readonly #log: Log;
  readonly #metrics: Metrics;

  constructor(
    @Inject(AUDIT_INGESTOR_OPTIONS) options: AuditIngestorOptions,
    @Inject(Ingestion) ingestion: Ingestion,
    @Inject(Stages) stages: Stages,
    @Inject(LOG) log: Log,
    @Inject(METRICS) metrics: Metrics,
  ) {
    this.#options = options;
    this.#ingestion = ingestion;
    this.#stages = stages;
    this.#log = log;
    this.#metrics = metrics;
  }

  onApplicationBootstrap(): void {
    const { webhook } = this.#options;
    if (webhook?.AUDIT_WEBHOOK_PORT === undefined) return;
    this.#stages.keep('webhook', async (signal) => {
      const [log, metrics] = [this.#log, this.#metrics];
      const ingest = (cluster: string, texts: Parameters<Ingestion['ingest']>[1]) =>
        this.#ingestion.ingest(cluster, texts);
      const http = await serveAuditWebhook(webhook, ingest, { log, metrics });
      log.info('The webhook is open', { url: http?.url });
      if (!signal.aborted)
        await new Promise((stopped) => signal.addEventListener('abort', stopped, { once: true }));
      await http?.close();
    });
  }
}
