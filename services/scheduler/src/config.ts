import { clusterSettings, elasticsearchSettings, goDuration, kafkaSettings } from '@margay/runtime';
import * as z from 'zod';

/** What the service is, in a sentence, for the generated documents. */
export const about = 'Emits the windows of reports as their schedules say, and keeps what became of them.';

/** The settings of the scheduler. */
export const config = z.object({
  ...clusterSettings,
  REPORTS_DIRECTORY: z.string().meta({
    description: 'Folder of GlobalReport manifests (YAML or JSON); it is read again every second.',
  }),
  TIGERA_COMPLIANCE_JOB_START_DELAY: goDuration().prefault('30m').meta({
    description:
      'How long after its end a window is reported, so that late events are in it; as Go writes durations.',
  }),
  ...kafkaSettings,
  ...elasticsearchSettings,
});
