import { sourceName } from '@margay/coverage';
import type { Bus } from '@margay/messaging';
import { BUS } from '@margay/messaging/nest';
import { traced, type Metrics } from '@margay/runtime';
import { METRICS } from '@margay/runtime/nest';
import { Inject, Injectable } from '@nestjs/common';
import { AUDIT_INGESTOR_OPTIONS, type AuditIngestorOptions } from './options.ts';
import { publishIngested } from './publish.ts';
import { readBatch, type Ingested } from './read-batch.ts';
import type { RawText } from './sources/raw-text.ts';

/** Publishes what sources bring, and counts it. */
@Injectable()
export class Ingestion {
  readonly #bus: Bus;
  readonly #metrics: Metrics;
  readonly #options: AuditIngestorOptions;

  constructor(
    @Inject(BUS) bus: Bus,
    @Inject(METRICS) metrics: Metrics,
    @Inject(AUDIT_INGESTOR_OPTIONS) options: AuditIngestorOptions,
  ) {
    this.#options = options;
    this.#bus = bus;
    this.#metrics = metrics;
  }

  /** Makes what texts said durable; see `publishIngested`. */
  async deliver(cluster: string, ingested: Ingested): Promise<void> {
    this.#options.admit?.(ingested.changes);
    const source = sourceName(ingested.mark.source);
    const observe = this.#metrics.deliverySeconds.start({ source });
    await traced('ingest', { attributes: { source } }, () => publishIngested(this.#bus, cluster, ingested));
    observe();
    count(this.#metrics, ingested);
  }

  /** Takes texts of one cluster, of any sources; see `Ingest`. */
  async ingest(cluster: string, texts: readonly RawText[]): Promise<void> {
    for (const [source, ofSource] of Map.groupBy(texts, ({ origin }) => origin.source))
      await this.deliver(cluster, readBatch(source, ofSource));
  }
}

function count(metrics: Metrics, { changes, mark }: Ingested): void {
  const source = sourceName(mark.source);
  const outcomes = [mark.timeless, ...mark.buckets.map(({ counts }) => counts)].flatMap((counts) =>
    Object.entries(counts),
  );
  for (const [outcome, amount] of outcomes)
    metrics.eventsTotal.add(amount, { source, outcome: outcome.split(':')[0] ?? outcome });
  metrics.changesTotal.add(changes.length, { source });
  const newest = mark.buckets.at(-1)?.last;
  if (newest !== undefined) metrics.newestEventSeconds.set(newest / 1e6, { source });
}
