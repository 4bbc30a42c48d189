import { clusterSettings, flag, kafkaSettings, list, whole } from '@margay/runtime';
import * as z from 'zod';

/** What the service is, in a sentence, for the generated documents. */
export const about =
  'Takes audit events from log files, the API server’s webhook and Kafka topics, and publishes the changes in them.';

const MEBIBYTE = 1024 * 1024;

/** The audit ingestor’s settings. */
export const config = z
  .object({
    ...clusterSettings,
    AUDIT_LOG_FILES: list().prefault('').meta({
      description:
        'Audit log files that are read and followed through their rotations, with commas between them. `.gz` is read once.',
    }),
    POSITIONS_DIRECTORY: z.string().default('./data').meta({
      description:
        'Folder in which the places that files have been read to are kept; it must outlive the process.',
    }),
    AUDIT_WEBHOOK_PORT: whole(0, 65_535).optional().meta({
      description: 'Port on which audit events are taken over HTTP; none are unless set.',
    }),
    AUDIT_WEBHOOK_HOST: z.string().default('0.0.0.0').meta({ description: 'Address of that port.' }),
    AUDIT_WEBHOOK_CLUSTERS: list().prefault('').meta({
      description:
        'Clusters that may be posted for, with commas between them; `CLUSTER_NAME` unless set. Others are answered 404.',
    }),
    AUDIT_WEBHOOK_TLS_CERT_FILE: z.string().optional().meta({
      description: 'PEM file of the certificate that senders see; read again when it changes.',
    }),
    AUDIT_WEBHOOK_TLS_KEY_FILE: z
      .string()
      .optional()
      .meta({ description: 'PEM file of that certificate’s key.' }),
    AUDIT_WEBHOOK_CLIENT_CA_FILE: z.string().optional().meta({
      description: 'PEM file of the authorities of client certificates; with it, every sender must have one.',
    }),
    AUDIT_WEBHOOK_CLIENT_NAMES: list().prefault('').meta({
      description:
        'Names in client certificates that are let in: `name`, or `name=cluster` for one cluster only. Any name unless set.',
    }),
    AUDIT_WEBHOOK_TOKENS_FILE: z.string().optional().meta({
      description:
        'File of bearer tokens, one a line, each followed by the clusters that it is good for (none: all). Read again when it changes.',
    }),
    AUDIT_WEBHOOK_INSECURE: flag(false).meta({
      description:
        'Takes events without TLS and from anybody. For trials: whoever reaches the port can write the history.',
    }),
    AUDIT_WEBHOOK_BODY_BYTES_MAX: whole(MEBIBYTE)
      .default(64 * MEBIBYTE)
      .meta({
        description:
          'The largest body that is taken. What is larger is lost and said to be; 400 events of the API server’s largest size need 40 MiB or more.',
        unit: 'bytes',
      }),
    AUDIT_WEBHOOK_IN_FLIGHT_BYTES_MAX: whole(MEBIBYTE)
      .default(192 * MEBIBYTE)
      .meta({
        description:
          'How much may be read and not yet published. Above it senders are told to come again; memory use is a few times this.',
        unit: 'bytes',
      }),
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
    const refuse = (name: keyof typeof settings, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message });
    const { AUDIT_WEBHOOK_TLS_CERT_FILE: cert, AUDIT_WEBHOOK_TLS_KEY_FILE: key } = settings;
    const { AUDIT_WEBHOOK_CLIENT_CA_FILE: ca, AUDIT_WEBHOOK_TOKENS_FILE: tokens } = settings;
    if ((cert === undefined) !== (key === undefined)) {
      refuse(
        cert === undefined ? 'AUDIT_WEBHOOK_TLS_CERT_FILE' : 'AUDIT_WEBHOOK_TLS_KEY_FILE',
        'certificate and key belong together: set both or none',
      );
    }
    if (ca !== undefined && cert === undefined) {
      refuse('AUDIT_WEBHOOK_TLS_CERT_FILE', 'client certificates need TLS: set certificate and key');
    }
    if (settings.AUDIT_WEBHOOK_PORT === undefined || settings.AUDIT_WEBHOOK_INSECURE) return;
    if (cert === undefined) {
      refuse(
        'AUDIT_WEBHOOK_TLS_CERT_FILE',
        'the webhook needs TLS; for a trial set AUDIT_WEBHOOK_INSECURE=true',
      );
    }
    if (ca === undefined && tokens === undefined) {
      refuse(
        'AUDIT_WEBHOOK_TOKENS_FILE',
        'the webhook needs to know who may send: set it or AUDIT_WEBHOOK_CLIENT_CA_FILE; for a trial set AUDIT_WEBHOOK_INSECURE=true',
      );
    }
  });

/** The settings, parsed. */
export type Config = z.output<typeof config>;
