import { kafkaSettings } from '@margay/messaging';
import { cellSettings } from '@margay/runtime';
import { elasticsearchSettings } from '@margay/storage';
import * as z from 'zod';

/** What the service is, in a sentence, for the generated documents. */
export const about =
  'Keeps what the ingestors publish: changes become versions in the history, the rest goes to the audit trail, the flows and the coverage.';

/** The settings of the snapshotter. */
export const config = z.object({
  ...cellSettings,
  ...kafkaSettings,
  ...elasticsearchSettings,
});
