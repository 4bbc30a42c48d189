import { flows as flowTopic } from '@margay/contracts';
import { publishAll, type Bus } from '@margay/messaging';
import { BUS } from '@margay/messaging/nest';
import type { Log, Metrics } from '@margay/runtime';
import { LOG, METRICS } from '@margay/runtime/nest';
import type { FactoryProvider } from '@nestjs/common';
import { ingestFlows } from './ingest-flows.ts';

/** The token of what takes texts of flow logs: `IngestFlows`. */
export const INGEST_FLOWS = 'INGEST_FLOWS';

/** One for all sources, since what was published is known to it. */
export const flowIngestion: FactoryProvider = {
  provide: INGEST_FLOWS,
  inject: [BUS, METRICS, LOG],
  useFactory: (bus: Bus, metrics: Metrics, log: Log) =>
    ingestFlows({
      publish: (cluster, found) =>
        publishAll(
          bus,
          flowTopic,
          found.map((flow) => ({ ...flow, cluster })),
        ),
      metrics,
      log,
    }),
};
