import { reportWindows } from '@margay/contracts';
import { findConnection } from '@margay/kubernetes';
import { BusModule } from '@margay/messaging/nest';
import { clustersOf, ownClusterOf } from '@margay/runtime';
import { runService } from '@margay/runtime/nest';
import { StoresModule } from '@margay/storage/nest';
import type * as z from 'zod';
import { clusterLabelsOf } from './cluster-labels.ts';
import { config } from './config.ts';
import { readReportsFolder } from './read-reports.ts';
import { SchedulerModule } from './scheduler.module.ts';
import type { ReportsPlace } from './schedules.ts';

await runService({
  name: 'scheduler',
  config,
  module: (settings) =>
    SchedulerModule.over(
      {
        clusters:
          settings.REPORTS_DIRECTORY === undefined
            ? [ownClusterOf(settings, 'whose GlobalReports these are')]
            : clustersOf(settings),
        startDelay: settings.TIGERA_COMPLIANCE_JOB_START_DELAY * 1_000,
        reports: placeOf(settings),
        ...(settings.REPORTS_OVER_CLUSTERS && {
          overClusters: clusterLabelsOf(settings.CLUSTER_LABELS, clustersOf(settings)),
        }),
        ...(settings.SCHEDULE_SINCE !== undefined && { since: settings.SCHEDULE_SINCE }),
      },
      BusModule.kafka(settings, 'scheduler', reportWindows.name, clustersOf(settings)),
      StoresModule.elasticsearch(settings),
    ),
});

function placeOf(settings: z.output<typeof config>): ReportsPlace {
  const { REPORTS_DIRECTORY: folder, TIGERA_COMPLIANCE_JOB_NAMESPACE: jobNamespace } = settings;
  if (folder !== undefined)
    return { read: () => readReportsFolder(folder, { overClusters: settings.REPORTS_OVER_CLUSTERS }) };
  return {
    connect: () => findConnection(process.env, settings.KUBECONFIG),
    group: settings.GLOBAL_REPORT_GROUP,
    installation: settings.INSTALLATION_NAME ?? placeOfEvidence(settings),
    ...(jobNamespace !== undefined && { jobNamespace }),
  };
}

/** Whoever keeps evidence in the same place is one installation. */
function placeOfEvidence({
  ELASTICSEARCH_URLS: urls,
  ELASTICSEARCH_INDEX_PREFIX: prefix,
}: z.output<typeof config>): string {
  return `${urls.map((url) => new URL(url).host).join(',')}/${prefix}`;
}
