import { sourceName, tellsOfTime, type CoverageMark } from '@margay/coverage';
import type { Metrics } from '@margay/runtime';
import {
  heardAgain,
  lookAtDeliveries,
  measureDeliveries,
  METRICS,
  Readiness,
  watchDisk,
  type Heard,
  type SourceLook,
} from '@margay/runtime/nest';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { FLOW_INGESTOR_OPTIONS, type FlowIngestorOptions } from './options.ts';

/** Tells how the flow logs of this process are, in `/readyz` and as metrics: when each last delivered, how late, how long it was silent. */
@Injectable()
export class FlowsHealth implements OnModuleInit {
  readonly #readiness: Readiness;
  readonly #metrics: Metrics;
  readonly #directory: string | undefined;
  /** By cluster and source. */
  readonly #heard = new Map<string, Map<string, Heard>>();

  constructor(
    @Inject(Readiness) readiness: Readiness,
    @Inject(METRICS) metrics: Metrics,
    @Inject(FLOW_INGESTOR_OPTIONS) { directory }: Pick<FlowIngestorOptions, 'directory'>,
  ) {
    this.#readiness = readiness;
    this.#metrics = metrics;
    this.#directory = directory;
  }

  onModuleInit(): void {
    this.#readiness.describe(() => this.#look(Date.now()));
    if (this.#directory !== undefined) watchDisk(this.#readiness, this.#metrics, this.#directory);
    this.#metrics.onScrape(async () => {
      for (const look of this.#look(Date.now())) measureDeliveries(this.#metrics, look);
    });
  }

  /** A mark of flows is durable. */
  delivered(cluster: string, { source, buckets }: CoverageMark): void {
    if (!tellsOfTime(source)) return;
    // As the coverage calls them: a log of flows may have the name of one of events.
    const name = `flows: ${sourceName(source)}`;
    const newest = buckets.at(-1)?.last;
    const ofCluster = this.#heard.get(cluster) ?? new Map<string, Heard>();
    const heard = heardAgain(
      ofCluster.get(name),
      Date.now(),
      newest === undefined ? undefined : newest / 1_000,
    );
    this.#heard.set(cluster, ofCluster.set(name, heard));
  }

  #look(now: number): SourceLook[] {
    return [...this.#heard].flatMap(([cluster, sources]) =>
      [...sources]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([source, heard]) => ({
          cluster,
          source,
          isHeard: true,
          ...lookAtDeliveries(heard, now),
          canaries: [],
        })),
    );
  }
}
