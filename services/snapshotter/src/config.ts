import { clusterSettings, elasticsearchSettings, kafkaSettings } from '@margay/runtime';
import * as z from 'zod';

/** What the service is, in a sentence, for the generated documents. */
export const about =
  'Keeps what the ingestors publish: changes become versions in the history, the rest goes to the audit trail, the flows and the coverage.';

/** The settings of the snapshotter. */
export const config = z.object({
  ...clusterSettings,
  ...kafkaSettings,
  ...elasticsearchSettings,
});
