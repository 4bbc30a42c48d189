import { hostname } from 'node:os';
import { Stages, LOG, METRICS } from '@margay/runtime/nest';
import type { Log, Metrics } from '@margay/runtime';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SourcesHealth } from '../health/sources-health.ts';
import { Ingestion } from '../ingestion.ts';
import { AUDIT_INGESTOR_OPTIONS, type AuditIngestorOptions } from '../options.ts';
import { keepCanaries } from './keep-canaries.ts';

/** The stage's name. */
export const CANARY_STAGE = 'canary';

/** Writes canaries through each API server, and watches for those that do not arrive. */
@Injectable()
export class Canaries implements OnApplicationBootstrap {
  readonly #options: AuditIngestorOptions;
  readonly #ingestion: Ingestion;
  readonly #health: SourcesHealth;
  readonly #stages: Stages;
  readonly #log: Log;
  readonly #metrics: Metrics;

  constructor(
    @Inject(AUDIT_INGESTOR_OPTIONS) options: AuditIngestorOptions,
    @Inject(Ingestion) ingestion: Ingestion,
    @Inject(SourcesHealth) health: SourcesHealth,
    @Inject(Stages) stages: Stages,
    @Inject(LOG) log: Log,
    @Inject(METRICS) metrics: Metrics,
  ) {
    this.#options = options;
    this.#ingestion = ingestion;
    this.#health = health;
    this.#stages = stages;
    this.#log = log;
    this.#metrics = metrics;
  }

  onApplicationBootstrap(): void {
    const { cluster, canary } = this.#options;
    if (canary === undefined) return;
    this.#stages.keep(CANARY_STAGE, async (signal) =>
      keepCanaries({
        ...canary,
        cluster,
        connection: await canary.connect(),
        holder: hostname(),
        health: this.#health,
        deliver: (mark) => this.#ingestion.deliver(cluster, { changes: [], policyEvents: [], mark }),
        log: this.#log,
        metrics: this.#metrics,
        signal,
      }),
    );
  }
}
