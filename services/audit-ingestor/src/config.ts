import { clusterSettings, kafkaSettings, list } from '@margay/runtime';
import { receiverConfigOf, receiverProblems, receiverSettings } from '@margay/sources';
import * as z from 'zod';

/** What the service is, in a sentence, for the generated documents. */
export const about =
  'Takes audit events from log files, the API server’s webhook and Kafka topics, and publishes the changes in them.';

/** What the names of the webhook’s settings begin with. */
export const WEBHOOK = 'AUDIT_WEBHOOK';

/** The audit ingestor’s settings. */
export const config = z
  .object({
    ...clusterSettings,
    AUDIT_LOG_FILES: list().prefault('').meta({
      description:
        'Audit log files that are read and followed through their rotations, with commas between them.',
    }),
    POSITIONS_DIRECTORY: z.string().default('./data').meta({
      description:
        'Folder in which the places that files have been read to are kept; it must outlive the process.',
    }),
    ...receiverSettings(WEBHOOK, 'audit events'),
    AUDIT_TOPIC: z.string().optional().meta({
      description:
        'Kafka topic of raw audit events, as forwarders or a cloud’s hub write them; none unless set.',
    }),
    AUDIT_TOPIC_GROUP: z.string().default('audit-ingestor').meta({
      description: 'Consumer group for that topic; instances that share the topic share the group.',
    }),
    ...kafkaSettings,
  })
  .superRefine((settings, context) => {
    for (const { name, message } of receiverProblems(WEBHOOK, receiverConfigOf(WEBHOOK, settings))) {
      context.addIssue({ code: 'custom', path: [name], message });
    }
  });

/** The settings, parsed. */
export type Config = z.output<typeof config>;
