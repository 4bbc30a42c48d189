import { hostname } from 'node:os';
import type { Instant } from '@margay/ground';
import { KubernetesClient, Proof } from '@margay/kubernetes';
import type { Log } from '@margay/runtime';
import { LOG, Stages } from '@margay/runtime/nest';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Ingestion } from '../../ingestion.ts';
import { AUDIT_INGESTOR_OPTIONS, type AuditIngestorOptions } from '../../options.ts';
import { watchCluster } from './watch-cluster.ts';

/** The stage's name. */
export const WATCH_STAGE = 'watch';

/** Follows the cluster by list and watch. */
@Injectable()
export class ClusterWatch implements OnApplicationBootstrap {
  readonly #options: AuditIngestorOptions;
  readonly #ingestion: Ingestion;
  readonly #stages: Stages;
  readonly #log: Log;
  readonly #proof = new Proof();

  constructor(
    @Inject(AUDIT_INGESTOR_OPTIONS) options: AuditIngestorOptions,
    @Inject(Ingestion) ingestion: Ingestion,
    @Inject(Stages) stages: Stages,
    @Inject(LOG) log: Log,
  ) {
    this.#log = log;
    this.#options = options;
    this.#ingestion = ingestion;
    this.#stages = stages;
  }

  /** Has the watches prove that they told everything up to an instant. */
  prove(until: Instant): void {
    this.#proof.ask(until);
  }

  onApplicationBootstrap(): void {
    const { cluster, watch } = this.#options;
    if (watch === undefined) return;
    this.#stages.keep(WATCH_STAGE, async (signal) => {
      const client = new KubernetesClient(await watch.connect());
      try {
        await watchCluster({
          client,
          openKnown: watch.known,
          watcher: hostname(),
          signal,
          log: this.#log,
          proof: this.#proof,
          deliver: (ingested) => this.#ingestion.deliver(cluster, ingested),
        });
      } finally {
        client.close();
      }
    });
  }
}
