import { sourceName, tellerOf, tellsOfTime, type CoverageMark } from '@margay/coverage';
import { SourceMemory } from '@margay/history';
import type { Bus } from '@margay/messaging';
import { BUS } from '@margay/messaging/nest';
import { traced, type Log, type Metrics } from '@margay/runtime';
import { LOG, METRICS } from '@margay/runtime/nest';
import { Inject, Injectable } from '@nestjs/common';
import { ClusterUids } from './cluster-uids.ts';
import { AUDIT_INGESTOR_OPTIONS, type AuditIngestorOptions } from './options.ts';
import { SourcesHealth } from './health/sources-health.ts';
import { publishIngested } from './publish.ts';
import { readBatch, type Ingested } from './read-batch.ts';
import { readerIn } from './reader.ts';
import type { RawText } from './sources/raw-text.ts';

/** What the log says of entries that can never be read. */
export const UNREADABLE = 'Entries of an audit log cannot be read';

/** Publishes what sources bring, counts it, and tells what of it cannot be read. */
@Injectable()
export class Ingestion {
  readonly #bus: Bus;
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #options: AuditIngestorOptions;
  readonly #health: SourcesHealth;
  readonly #uids: ClusterUids;
  /** As what it reads sources; made when it is needed first. */
  #reader: string | undefined;
  /** By cluster and source, of which there are as many as API servers. */
  readonly #memories = new Map<string, SourceMemory>();

  constructor(
    @Inject(BUS) bus: Bus,
    @Inject(METRICS) metrics: Metrics,
    @Inject(LOG) log: Log,
    @Inject(AUDIT_INGESTOR_OPTIONS) options: AuditIngestorOptions,
    @Inject(SourcesHealth) health: SourcesHealth,
  ) {
    this.#options = options;
    this.#uids = new ClusterUids(options.directory, options.clusterUids);
    this.#health = health;
    this.#bus = bus;
    this.#metrics = metrics;
    this.#log = log;
  }

  /** Makes what texts said durable; see `publishIngested`. */
  async deliver(cluster: string, ingested: Ingested): Promise<void> {
    this.#options.admit?.(ingested.changes);
    const source = sourceName(ingested.mark.source);
    const uid = this.#uids.of(cluster, ingested.mark.source, ingested.changes);
    this.#reader ??= readerIn(this.#options.directory);
    const teller = tellerOf(this.#reader, ingested.mark.source);
    const observe = this.#metrics.deliverySeconds.start({ cluster, source });
    await traced('ingest', { attributes: { source } }, () =>
      publishIngested(this.#bus, cluster, ingested, { uid, teller }),
    );
    observe();
    this.#health.delivered(cluster, ingested.mark);
    count(this.#metrics, cluster, ingested);
    tell(this.#log, cluster, ingested);
  }

  /** Takes texts of one cluster, of any sources; see `Ingest`. */
  async ingest(cluster: string, texts: readonly RawText[]): Promise<void> {
    for (const [source, ofSource] of Map.groupBy(texts, ({ origin }) => origin.source))
      await this.deliver(cluster, readBatch(source, ofSource, this.#memoryOf(`${cluster}/${source}`)));
  }

  #memoryOf(source: string): SourceMemory {
    const memory = this.#memories.get(source) ?? new SourceMemory();
    this.#memories.set(source, memory);
    return memory;
  }
}

function tell(log: Log, cluster: string, { mark }: Ingested): void {
  const first = mark.problems.find(({ kind }) => kind === 'unusable');
  if (first === undefined) return;
  const entries = outcomesOf(mark).filter(([outcome]) => outcome.startsWith('unusable:'));
  log.warn(UNREADABLE, {
    cluster,
    source: sourceName(mark.source),
    entries: entries.reduce((sum, [, n]) => sum + n, 0),
    position: first.position,
    first: first.message,
  });
}

const outcomesOf = ({ timeless, buckets }: CoverageMark): [string, number][] =>
  [timeless, ...buckets.map(({ counts }) => counts)].flatMap((counts) => Object.entries(counts));

function count(metrics: Metrics, cluster: string, { changes, mark }: Ingested): void {
  if (!tellsOfTime(mark.source)) return;
  const source = sourceName(mark.source);
  for (const [outcome, amount] of outcomesOf(mark))
    metrics.eventsTotal.add(amount, { cluster, source, outcome: outcome.split(':')[0] ?? outcome });
  metrics.changesTotal.add(changes.length, { cluster, source });
  const newest = mark.buckets.at(-1)?.last;
  if (newest !== undefined) metrics.newestEventSeconds.set(newest / 1e6, { cluster, source });
}
