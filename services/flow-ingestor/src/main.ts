import { flows } from '@margay/contracts';
import { topicElsewhereOf } from '@margay/messaging';
import { BusModule } from '@margay/messaging/nest';
import { clusterUidsOf } from '@margay/runtime';
import { runService } from '@margay/runtime/nest';
import { folderFor, openPositions } from '@margay/sources';
import { config, OTHER_KAFKA, type Config } from './config.ts';
import { FlowIngestorModule } from './flow-ingestor.module.ts';
import type { FlowIngestorOptions } from './options.ts';

const SERVICE = 'flow-ingestor';

await runService({
  name: SERVICE,
  config,
  module: (settings) =>
    FlowIngestorModule.over(
      optionsOf(settings),
      BusModule.kafka(
        settings,
        SERVICE,
        flows.name,
        undefined,
        topicElsewhereOf(OTHER_KAFKA, settings, settings.FLOW_TOPIC, SERVICE),
      ),
    ),
});

function optionsOf(settings: Config): FlowIngestorOptions {
  const { POSITIONS_DIRECTORY: directory, FLOW_TOPIC: name, FLOW_TOPIC_GROUP: group } = settings;
  return {
    cluster: settings.CLUSTER_NAME,
    clusterUids: clusterUidsOf(settings),
    files: {
      paths: settings.FLOW_LOG_FILES,
      positions: () => openPositions(folderFor(directory, settings)),
      follow: true,
    },
    ...(name !== undefined && { topic: { name, group } }),
    receiver: settings,
    directory,
  };
}
