import * as z from 'zod';
import { doorProblems, doorSettings } from './door.ts';

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

/** What of these settings does not fit together, by the setting that is to be changed. */
export function openProblems(
  settings: z.output<z.ZodObject<typeof openSettings>>,
  permissions: Parameters<typeof doorProblems>[1],
): (readonly [setting: keyof typeof openSettings, message: string])[] {
  const problems = doorProblems(settings, permissions);
  if (permissions !== 'token' || settings.API_TOKEN !== undefined) return problems;
  return [['API_TOKEN', 'API_PERMISSIONS is "token", so that a token is needed'], ...problems];
}
