import { parseInstant } from '@margay/ground';
import { kafkaSettings } from '@margay/messaging';
import { cellSettings, flag, goDuration, list } from '@margay/runtime';
import { elasticsearchSettings } from '@margay/storage';
import * as z from 'zod';
import { clusterLabelProblem } from './cluster-labels.ts';

/** What the service is, in a sentence, for the generated documents. */
export const about = 'Emits the windows of reports as their schedules say, and keeps what became of them.';

/** The settings of the scheduler. */
export const config = z.object({
  ...cellSettings,
  REPORTS_DIRECTORY: z.string().optional().meta({
    description:
      'Folder of GlobalReport manifests (YAML or JSON), read again every second: of every cluster. The GlobalReports of the Kubernetes API server unless set.',
  }),
  REPORTS_OVER_CLUSTERS: flag(false).meta({
    description:
      'Whether GlobalReports may be about other clusters of CLUSTERS, by `spec.clusters`. In one installation of a cell, of the cluster that leads: whoever may write GlobalReports there has reports of all others made. Others refuse them.',
  }),
  CLUSTER_LABELS: list((texts) => clusterLabelProblem(texts))
    .prefault('')
    .meta({
      description:
        'Labels of clusters, by which `spec.clusters.selector` chooses them: `CLUSTER:LABEL=VALUE` with commas between them. Each has its name as `kubernetes.io/metadata.name`, too.',
    }),
  KUBECONFIG: z.string().optional().meta({
    description: 'Kubeconfig of that API server; in a pod its service account unless set.',
  }),
  GLOBAL_REPORT_GROUP: z.string().default('projectcalico.org').meta({
    description: 'API group of GlobalReports and GlobalReportTypes there.',
  }),
  INSTALLATION_NAME: z.string().min(1).optional().meta({
    description:
      'What this installation is called among those that follow the GlobalReports of one API server: one of them schedules these, the others say so and begin none. All of its replicas have the same; the address and prefix of its indices unless set.',
  }),
  TIGERA_COMPLIANCE_JOB_NAMESPACE: z.string().optional().meta({
    description:
      'Namespace in which GlobalReports with `jobNodeSelector` run as Jobs, made from its pod template `tigera.io.report`; the workers compute them unless set, and a condition says so.',
  }),
  TIGERA_COMPLIANCE_JOB_START_DELAY: goDuration().prefault('30m').meta({
    description:
      'How long after its end a window is reported, so that late events are in it; as Go writes durations.',
  }),
  SCHEDULE_SINCE: z.iso
    .datetime({ offset: true })
    .transform((text) => parseInstant(text)!)
    .refine((since) => since <= Date.now() * 1_000, 'it is yet to come: give a time that is over')
    .optional()
    .meta({
      description:
        'Reports have the windows too that their schedules would have had since then, over the evidence that there is; RFC 3339. From their creation on unless set.',
    }),
  ...kafkaSettings,
  ...elasticsearchSettings,
});
