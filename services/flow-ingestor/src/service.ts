import { flows as flowTopicOfMargay } from '@margay/contracts';
import { BUS, busAnswers, busProvider, handling, publishAll, type Bus } from '@margay/messaging';
import type { Service, Stages } from '@margay/runtime';
import { openPositions } from '@margay/sources';
import { config } from './config.ts';
import { ingestFlows } from './ingest-flows.ts';
import { followFlowFile } from './sources/flow-file.ts';
import { serveFlowReceiver } from './sources/flow-receiver.ts';
import { flowTopic } from './sources/flow-topic.ts';

/** The flow ingestor as a process of its own. */
export const flowIngestor: Service<typeof config> = {
  name: 'flow-ingestor',
  config,
  module: (process) => ({
    module: class FlowIngestor {},
    providers: [busProvider(process, 'flow-ingestor')],
  }),
  checks: (get) => ({ kafka: busAnswers(get<Bus>(BUS)) }),
  stages(get, process) {
    const { config: settings, log, metrics } = process;
    const { CLUSTER_NAME: cluster, FLOW_TOPIC: topic, FLOW_TOPIC_GROUP: group } = settings;
    const bus = get<Bus>(BUS);
    const ingest = ingestFlows({
      publish: (of, found) =>
        publishAll(
          bus,
          flowTopicOfMargay,
          found.map((flow) => ({ ...flow, cluster: of })),
        ),
      metrics,
      log,
    });
    const files: Stages = Object.fromEntries(
      settings.FLOW_LOG_FILES.map((path) => [
        `file ${path}`,
        async (signal: AbortSignal) =>
          followFlowFile(path, ingest, await openPositions(settings.POSITIONS_DIRECTORY), signal, {
            cluster,
            log,
          }),
      ]),
    );
    return {
      ...files,
      ...(topic !== undefined && {
        [`topic ${topic}`]: (signal) =>
          flowTopic(bus, ingest, { ...handling(process, signal), topic, group, cluster }),
      }),
      ...(settings.FLOW_HTTP_PORT !== undefined && {
        async receiver(signal) {
          const http = await serveFlowReceiver(settings, ingest, { log, metrics });
          log.info('The flow receiver is open', { url: http?.url });
          await new Promise((stopped) => signal.addEventListener('abort', stopped, { once: true }));
          await http?.close();
        },
      }),
    };
  },
  stop: (get) => get<Bus>(BUS).close(),
};
