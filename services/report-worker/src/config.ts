import { clusterSettings, elasticsearchSettings, kafkaSettings } from '@margay/runtime';
import * as z from 'zod';

/** What the service is, in a sentence, for the generated documents. */
export const about = 'Computes the reports of windows, archives them and tells what became of them.';

/** The settings of the report-worker. */
export const config = z.object({
  ...clusterSettings,
  ...kafkaSettings,
  ...elasticsearchSettings,
});
