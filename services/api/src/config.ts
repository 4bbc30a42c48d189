import { clusterSettings, elasticsearchSettings } from '@margay/runtime';
import * as z from 'zod';

/** What the service is, in a sentence, for the generated documents. */
export const about = 'Serves archived reports: pages, JSON and downloads.';

/** The settings of the api. */
export const config = z.object({
  ...clusterSettings,
  ...elasticsearchSettings,
});
