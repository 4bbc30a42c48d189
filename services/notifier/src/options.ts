import type * as z from 'zod';
import type { notifySettings } from './config.ts';
import type { NotifierOptions } from './news.controller.ts';

/** What the module is given for the settings of whom to tell. */
export const notifierOptionsOf = (
  settings: z.output<z.ZodObject<typeof notifySettings>>,
): NotifierOptions => ({
  url: settings.NOTIFY_URL,
  rules: settings.NOTIFY_REGRESSIONS,
  ageMax: settings.NOTIFY_AGE_MAX * 1_000,
  ...(settings.NOTIFY_SECRET !== undefined && { secret: settings.NOTIFY_SECRET }),
});
