import * as z from 'zod';
import { doorSettings } from './door.ts';

/** What is set of an api whatever it serves. */
export const openSettings = {
  API_TOKEN: z
    .string()
    .min(16)
    .optional()
    .meta({ description: 'The token that everybody who asks has to give.', secret: true }),
  ...doorSettings,
  GLOBAL_REPORT_GROUP: z
    .string()
    .default('projectcalico.org')
    .meta({ description: 'API group of GlobalReports, which permissions are about.' }),
};
