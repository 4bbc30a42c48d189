import { resourceChanges } from '@margay/contracts';
import { findConnection } from '@margay/kubernetes';
import { topicElsewhereOf } from '@margay/messaging';
import { BusModule } from '@margay/messaging/nest';
import { clusterUidsOf } from '@margay/runtime';
import { runService } from '@margay/runtime/nest';
import { folderFor, openPositions } from '@margay/sources';
import { AuditIngestorModule } from './audit-ingestor.module.ts';
import { config, OTHER_KAFKA, type Config } from './config.ts';
import type { AuditIngestorOptions } from './options.ts';
import { knownIn } from './sources/watch/known-objects.ts';

const SERVICE = 'audit-ingestor';

await runService({
  name: SERVICE,
  config,
  module: (settings) =>
    AuditIngestorModule.over(
      optionsOf(settings),
      BusModule.kafka(
        settings,
        SERVICE,
        resourceChanges.name,
        undefined,
        topicElsewhereOf(OTHER_KAFKA, settings, settings.AUDIT_TOPIC, SERVICE),
      ),
    ),
});

function optionsOf(settings: Config): AuditIngestorOptions {
  const { POSITIONS_DIRECTORY: directory, AUDIT_TOPIC: name, AUDIT_TOPIC_GROUP: group } = settings;
  const remembered = () => folderFor(directory, settings);
  const connect = () => findConnection(process.env, settings.KUBECONFIG);
  return {
    cluster: settings.CLUSTER_NAME,
    clusterUids: clusterUidsOf(settings),
    files: { paths: settings.AUDIT_LOG_FILES, positions: () => openPositions(remembered()), follow: true },
    ...(settings.KUBERNETES_WATCH && {
      watch: { connect, known: (watcher: string) => knownIn(remembered())(watcher) },
    }),
    ...(settings.CANARY && {
      canary: {
        connect,
        intervalMilliseconds: settings.CANARY_INTERVAL,
        servers: settings.CANARY_SERVERS,
        ...(settings.CANARY_NAMESPACE !== undefined && { namespace: settings.CANARY_NAMESPACE }),
      },
    }),
    ...(name !== undefined && { topic: { name, group } }),
    webhook: settings,
    directory,
    isShared: settings.SOURCES_SHARED,
  };
}
