import type { Log, Metrics } from '@margay/runtime';
import type { HttpServer } from '@margay/runtime/nest';
import { receiverConfigOf } from '@margay/sources';
import { serveReceiver } from '@margay/sources/nest';
import { RECEIVER, type Config } from '../config.ts';
import type { IngestFlows } from '../ingest-flows.ts';

/** Where flow logs are posted: the path names the cluster and who posts. */
export const FLOW_PATH = '/flows/v1/clusters/:cluster/sources/:source';

/**
 * Opens the port on which flow logs are taken (NDJSON, gzip if liked), with TLS and credentials as configured. It answers
 * 200 when the flows are durable; what can never be read was logged and counted, and is answered 200 too.
 *
 * @returns undefined where no port is set.
 * @throws Error for a port that is taken, and for files of certificates or tokens that cannot be read.
 */
export function serveFlowReceiver(
  config: Config,
  ingest: IngestFlows,
  process: { readonly metrics: Metrics; readonly log: Log },
): Promise<HttpServer | undefined> {
  return serveReceiver(
    receiverConfigOf(RECEIVER, config),
    async (received) => {
      if (received.kind === 'texts')
        await ingest(received.cluster, `http:${received.source}`, received.texts);
    },
    {
      path: FLOW_PATH,
      name: 'flow-receiver',
      cluster: config.CLUSTER_NAME,
      metrics: process.metrics,
      log: process.log,
    },
  );
}
