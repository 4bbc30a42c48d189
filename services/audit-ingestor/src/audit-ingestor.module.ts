import { Module, type DynamicModule } from '@nestjs/common';
import { Canaries } from './canary/canaries.ts';
import { SourcesHealth } from './health/sources-health.ts';
import { Ingestion } from './ingestion.ts';
import { AUDIT_INGESTOR_OPTIONS, type AuditIngestorOptions } from './options.ts';
import { AuditFiles } from './sources/file/audit-files.ts';
import { auditTopicController } from './sources/topic/audit-topic.controller.ts';
import { ClusterWatch } from './sources/watch/cluster-watch.ts';
import { proofController } from './sources/watch/proof.controller.ts';
import { WebhookListener } from './sources/webhook/webhook-listener.ts';

export { UNREADABLE } from './ingestion.ts';
export { CANARY_STAGE } from './canary/canaries.ts';
export { WATCH_STAGE } from './sources/watch/cluster-watch.ts';
export { knownBesideStores } from './sources/watch/known-objects.ts';
export { AuditFiles };
export type { AuditIngestorOptions };

/** Audit events in, changes out. It needs a `BUS`. */
@Module({
  providers: [SourcesHealth, Ingestion, AuditFiles, Canaries, ClusterWatch, WebhookListener],
  exports: [AuditFiles],
})
export class AuditIngestorModule {
  static over(options: AuditIngestorOptions, ...adapters: readonly DynamicModule[]): DynamicModule {
    const { topic, watch, cluster } = options;
    return {
      module: AuditIngestorModule,
      imports: [...adapters],
      controllers: [
        ...(topic === undefined ? [] : [auditTopicController({ ...topic, cluster })]),
        ...(watch === undefined ? [] : [proofController(cluster)]),
      ],
      providers: [{ provide: AUDIT_INGESTOR_OPTIONS, useValue: options }],
    };
  }
}
