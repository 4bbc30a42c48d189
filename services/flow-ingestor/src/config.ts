import { titlesOf } from '@margay/flows';
import { kafkaSettings, otherBrokersProblems, otherBrokersSettings } from '@margay/messaging';
import { identitySettings, list } from '@margay/runtime';
import { receiverConfigOf, receiverProblems, receiverSettings } from '@margay/sources';
import * as z from 'zod';
import { formatsTable } from './formats-table.ts';

/** What the service is, in a sentence, for the generated documents. */
export const about = `Takes ${titlesOf()} from files, over HTTP and from Kafka topics, and publishes the distinct flows in them.`;

/** What the generated documents say beside the settings. */
export const notes = [
  'Flow logs are JSON objects, one a line. Each line is told by what stands in it, so one source may hold several formats:',
  formatsTable(),
].join('\n\n');

/** What the names of the receiver’s settings begin with. */
export const RECEIVER = 'FLOW_HTTP';

/** Where flow logs are posted: the path names the cluster and who posts. */
export const FLOW_PATH = '/flows/v1/clusters/:cluster/sources/:source';

/** What the names of the settings of other brokers begin with. */
export const OTHER_KAFKA = 'FLOW_KAFKA';

/** The flow ingestor’s settings. */
export const config = z
  .object({
    ...identitySettings,
    FLOW_LOG_FILES: list().prefault('').meta({
      description:
        'Flow log files that are read and followed through their rotations, with commas between them. `NAME=FILE` calls one otherwise than its file.',
    }),
    POSITIONS_DIRECTORY: z.string().default('./data').meta({
      description:
        'Folder in which the places that files have been read to are kept, by cluster and prefix of topics; it must outlive the process.',
    }),
    ...receiverSettings(RECEIVER, 'flow logs'),
    FLOW_TOPIC: z.string().optional().meta({
      description:
        'Kafka topic of raw flow logs, as forwarders or a cloud’s hub write them; none unless set.',
    }),
    FLOW_TOPIC_GROUP: z.string().default('flow-ingestor').meta({
      description: 'Consumer group for that topic; instances that share the topic share the group.',
    }),
    ...otherBrokersSettings(OTHER_KAFKA, 'FLOW_TOPIC'),
    ...kafkaSettings,
  })
  .superRefine((settings, context) => {
    const topic = { setting: 'FLOW_TOPIC', name: settings.FLOW_TOPIC, of: 'flow logs' };
    for (const { name, message } of [
      ...receiverProblems(RECEIVER, receiverConfigOf(RECEIVER, settings)),
      ...otherBrokersProblems(OTHER_KAFKA, settings, topic),
    ])
      context.addIssue({ code: 'custom', path: [name], message });
    const hasSource =
      settings.FLOW_LOG_FILES.length > 0 ||
      settings.FLOW_HTTP_PORT !== undefined ||
      settings.FLOW_TOPIC !== undefined;
    if (!hasSource)
      context.addIssue({
        code: 'custom',
        path: ['FLOW_LOG_FILES'],
        message: 'nothing would be taken from anywhere: set it, FLOW_HTTP_PORT or FLOW_TOPIC',
      });
  });

/** The settings, parsed. */
export type Config = z.output<typeof config>;
