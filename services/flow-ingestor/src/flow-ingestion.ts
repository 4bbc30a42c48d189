import type { Bus } from '@margay/messaging';
import { BUS } from '@margay/messaging/nest';
import type { Log, Metrics } from '@margay/runtime';
import { LOG, METRICS } from '@margay/runtime/nest';
import type { FactoryProvider } from '@nestjs/common';
import { FlowsHealth } from './flows-health.ts';
import { ingestFlows } from './ingest-flows.ts';
import { FLOW_INGESTOR_OPTIONS, type FlowIngestorOptions } from './options.ts';
import { publishFlows } from './publish.ts';

/** The token of what takes texts of flow logs: `IngestFlows`. */
export const INGEST_FLOWS = 'INGEST_FLOWS';

/** One for all sources, since what was published is known to it. */
export const flowIngestion: FactoryProvider = {
  provide: INGEST_FLOWS,
  inject: [BUS, METRICS, LOG, FlowsHealth, FLOW_INGESTOR_OPTIONS],
  useFactory: (
    bus: Bus,
    metrics: Metrics,
    log: Log,
    health: FlowsHealth,
    { clusterUids }: FlowIngestorOptions,
  ) =>
    ingestFlows({
      publish: async (cluster, flows, mark) => {
        await publishFlows(bus, cluster, flows, mark, clusterUids?.get(cluster));
        health.delivered(cluster, mark);
      },
      metrics,
      log,
    }),
};
