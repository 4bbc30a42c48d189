import { apiServersProblem } from '@margay/kubernetes';
import { kafkaSettings, otherBrokersProblems, otherBrokersSettings } from '@margay/messaging';
import { identitySettings, flag, goDuration, list } from '@margay/runtime';
import { receiverConfigOf, receiverProblems, receiverSettings } from '@margay/sources';
import * as z from 'zod';

/** What the service is, in a sentence, for the generated documents. */
export const about =
  'Takes audit events from log files, the API server’s webhook and Kafka topics, or follows the cluster by list and watch, and publishes the changes.';

/** What the names of the webhook’s settings begin with. */
export const WEBHOOK = 'AUDIT_WEBHOOK';

/** Where the API server's audit webhook and forwarders post: the path names the cluster and the API server. */
export const AUDIT_WEBHOOK_PATH = '/audit/v1/clusters/:cluster/sources/:source';

/** What the names of the settings of other brokers begin with. */
export const OTHER_KAFKA = 'AUDIT_KAFKA';

/** The audit ingestor’s settings. */
export const config = z
  .object({
    ...identitySettings,
    KUBERNETES_WATCH: flag(false).meta({
      description:
        'Whether the cluster is followed by list and watch, too or instead: no change of the API server’s flags is needed, but a watch does not tell who did it.',
    }),
    KUBECONFIG: z.string().optional().meta({
      description: 'Kubeconfig of that cluster; in a pod its service account unless set.',
    }),
    CANARY: flag(false).meta({
      description:
        'Whether a small object, the Lease `margay-canary`, is written through each API server, to see in each source whether what it tells arrives. It needs a right of its own (docs/permissions.md).',
    }),
    CANARY_INTERVAL: goDuration()
      .refine((interval) => interval >= 10_000 && interval <= 60_000, 'use 10s to 1m')
      .prefault('30s')
      .meta({
        description: 'How long after one such write the next one follows, as Go writes durations: 10s to 1m.',
      }),
    CANARY_NAMESPACE: z.string().optional().meta({
      description: 'Namespace of that object; the pod’s, or the kubeconfig’s, unless set.',
    }),
    CANARY_SERVERS: list(apiServersProblem).prefault('').meta({
      description:
        'Addresses of the API servers, `host:port` with commas between them; those of the Service `kubernetes` unless set.',
    }),
    AUDIT_LOG_FILES: list().prefault('').meta({
      description:
        'Audit log files that are read and followed through their rotations, with commas between them. `NAME=FILE` calls one otherwise than its file.',
    }),
    POSITIONS_DIRECTORY: z.string().default('./data').meta({
      description:
        'Folder in which the places that files have been read to and what watches know are kept, by cluster and prefix of topics, and by what this ingestor is told from others (`reader`); it must outlive the process, and not be copied.',
    }),
    ...receiverSettings(WEBHOOK, 'audit events'),
    AUDIT_TOPIC: z.string().optional().meta({
      description:
        'Kafka topic of raw audit events, as forwarders or a cloud’s hub write them; none unless set.',
    }),
    AUDIT_TOPIC_GROUP: z.string().default('audit-ingestor').meta({
      description: 'Consumer group for that topic; instances that share the topic share the group.',
    }),
    ...otherBrokersSettings(OTHER_KAFKA, 'AUDIT_TOPIC'),
    SOURCES_SHARED: flag(false).meta({
      description:
        'Whether other instances take from the same webhook address or topic, or read logs of other API servers: then what does not come here may have come to another, and only the evidence says which of them is silent, not this instance.',
    }),
    ...kafkaSettings,
  })
  .superRefine((settings, context) => {
    const topic = { setting: 'AUDIT_TOPIC', name: settings.AUDIT_TOPIC, of: 'audit events' };
    for (const { name, message } of [
      ...receiverProblems(WEBHOOK, receiverConfigOf(WEBHOOK, settings)),
      ...otherBrokersProblems(OTHER_KAFKA, settings, topic),
    ])
      context.addIssue({ code: 'custom', path: [name], message });
    const hasSource =
      settings.KUBERNETES_WATCH ||
      settings.AUDIT_LOG_FILES.length > 0 ||
      settings.AUDIT_WEBHOOK_PORT !== undefined ||
      settings.AUDIT_TOPIC !== undefined;
    if (!hasSource)
      context.addIssue({
        code: 'custom',
        path: ['KUBERNETES_WATCH'],
        message:
          'nothing would be taken from anywhere: set it to true, or AUDIT_LOG_FILES, AUDIT_WEBHOOK_PORT or AUDIT_TOPIC',
      });
    if (settings.CANARY) return;
    const unused = {
      CANARY_SERVERS: settings.CANARY_SERVERS[0],
      CANARY_NAMESPACE: settings.CANARY_NAMESPACE,
    };
    for (const [name, value] of Object.entries(unused))
      if (value !== undefined)
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'it is about canaries: set CANARY=true, too',
        });
  });

/** The settings, parsed. */
export type Config = z.output<typeof config>;
