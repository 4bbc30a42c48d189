import { flows } from '@margay/contracts';
import { BusModule } from '@margay/messaging/nest';
import { clusterUidsOf } from '@margay/runtime';
import { runService } from '@margay/runtime/nest';
import { openPositions } from '@margay/sources';
import { config, type Config } from './config.ts';
import { FlowIngestorModule } from './flow-ingestor.module.ts';
import type { FlowIngestorOptions } from './options.ts';

await runService({
  name: 'flow-ingestor',
  config,
  module: (settings) =>
    FlowIngestorModule.over(optionsOf(settings), BusModule.kafka(settings, 'flow-ingestor', flows.name)),
});

function optionsOf(settings: Config): FlowIngestorOptions {
  const { POSITIONS_DIRECTORY: directory, FLOW_TOPIC: name, FLOW_TOPIC_GROUP: group } = settings;
  return {
    cluster: settings.CLUSTER_NAME,
    clusterUids: clusterUidsOf(settings),
    files: {
      paths: settings.FLOW_LOG_FILES,
      positions: () => openPositions(directory),
      follow: true,
    },
    ...(name !== undefined && { topic: { name, group } }),
    receiver: settings,
    directory,
  };
}
