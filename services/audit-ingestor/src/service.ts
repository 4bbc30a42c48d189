import { hostname } from 'node:os';
import { findConnection, KubernetesClient } from '@margay/kubernetes';
import { BUS, busAnswers, busProvider, handling, type Bus } from '@margay/messaging';
import { traced, type Metrics, type Service, type Stages } from '@margay/runtime';
import { openPositions } from '@margay/sources';
import { config } from './config.ts';
import { publishIngested } from './publish.ts';
import { readBatch, type Ingested } from './read-batch.ts';
import { followAuditFile } from './sources/file/audit-file.ts';
import type { Ingest } from './sources/raw-text.ts';
import { auditTopic } from './sources/topic/audit-topic.ts';
import { watchCluster } from './sources/watch/watch-cluster.ts';
import { serveAuditWebhook } from './sources/webhook/audit-webhook.ts';

/** The audit ingestor as a process of its own. */
export const auditIngestor: Service<typeof config> = {
  name: 'audit-ingestor',
  config,
  module: (process) => ({
    module: class AuditIngestor {},
    providers: [busProvider(process, 'audit-ingestor')],
  }),
  checks: (get) => ({ kafka: busAnswers(get<Bus>(BUS)) }),
  stages(get, process) {
    const { config: settings, log, metrics } = process;
    const { CLUSTER_NAME: own, AUDIT_TOPIC: topic, AUDIT_TOPIC_GROUP: group } = settings;
    const bus = get<Bus>(BUS);
    const deliver = async (cluster: string, ingested: Ingested) => {
      const { source } = ingested.mark;
      const observe = metrics.deliverySeconds.start({ source });
      await traced('ingest', { attributes: { source } }, () => publishIngested(bus, cluster, ingested));
      observe();
      count(metrics, ingested);
    };
    const ingest: Ingest = async (cluster, texts) => {
      for (const [source, ofSource] of Map.groupBy(texts, ({ origin }) => origin.source))
        await deliver(cluster, readBatch(source, ofSource));
    };
    const files: Stages = Object.fromEntries(
      settings.AUDIT_LOG_FILES.map((path) => [
        `file ${path}`,
        async (signal: AbortSignal) =>
          followAuditFile({
            path,
            positions: await openPositions(settings.POSITIONS_DIRECTORY),
            signal,
            deliver: (ingested) => deliver(own, ingested),
          }),
      ]),
    );
    return {
      ...files,
      ...(topic !== undefined && {
        [`topic ${topic}`]: (signal) =>
          auditTopic(bus, ingest, { ...handling(process, signal), topic, group, cluster: own }),
      }),
      ...(settings.KUBERNETES_WATCH && {
        async watch(signal) {
          const client = new KubernetesClient(
            await findConnection(globalThis.process.env, settings.KUBECONFIG),
          );
          try {
            await watchCluster({
              client,
              directory: settings.POSITIONS_DIRECTORY,
              watcher: hostname(),
              signal,
              deliver: (ingested) => deliver(own, ingested),
            });
          } finally {
            client.close();
          }
        },
      }),
      ...(settings.AUDIT_WEBHOOK_PORT !== undefined && {
        async webhook(signal) {
          const http = await serveAuditWebhook(settings, ingest, { log, metrics });
          log.info('The webhook is open', { url: http?.url });
          await new Promise((stopped) => signal.addEventListener('abort', stopped, { once: true }));
          await http?.close();
        },
      }),
    };
  },
  stop: (get) => get<Bus>(BUS).close(),
};

function count(metrics: Metrics, { changes, mark }: Ingested): void {
  const { source } = mark;
  const outcomes = [mark.timeless, ...mark.buckets.map(({ counts }) => counts)].flatMap((counts) =>
    Object.entries(counts),
  );
  for (const [outcome, amount] of outcomes)
    metrics.eventsTotal.add(amount, { source, outcome: outcome.split(':')[0] ?? outcome });
  metrics.changesTotal.add(changes.length, { source });
  const newest = mark.buckets.at(-1)?.last;
  if (newest !== undefined) metrics.newestEventSeconds.set(newest / 1e6, { source });
}
