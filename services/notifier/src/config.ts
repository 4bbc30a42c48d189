import { kafkaSettings } from '@margay/messaging';
import { cellSettings, goDuration, list, webAddress } from '@margay/runtime';
import { elasticsearchSettings } from '@margay/storage';
import * as z from 'zod';
import { REGRESSIONS } from './regressions.ts';

/** What the service is, in a sentence, for the generated documents. */
export const about =
  'Tells a webhook of finished and failed reports, and of those that are worse than the one before.';

/** Whom to tell of what. */
export const notifySettings = {
  NOTIFY_URL: webAddress()
    .refine((url) => !/^[^/]*\/\/[^/?#]*@/.test(url), {
      message: 'write no user name and password into it: they are not sent',
    })
    .meta({
      description:
        'Where events are posted, as CloudEvents (JSON). Whoever knows the address of a chat’s webhook can post there.',
      secret: true,
    }),
  NOTIFY_SECRET: z.string().min(16).optional().meta({
    description: 'Signs what is posted (Standard Webhooks, HMAC-SHA256); nothing is signed unless set.',
    secret: true,
  }),
  NOTIFY_REGRESSIONS: list()
    .pipe(z.array(z.enum(Object.keys(REGRESSIONS) as [string, ...string[]])))
    .prefault('endpoints-ingress-unprotected,endpoints-egress-unprotected')
    .meta({
      description: `By what a report must be worse than that of the window before to be told of: ${Object.keys(REGRESSIONS).join(', ')}.`,
    }),
  NOTIFY_AGE_MAX: goDuration().prefault('24h').meta({ description: 'News that is older is not told.' }),
};

/** The settings of the notifier. */
export const config = z.object({
  ...cellSettings,
  ...notifySettings,
  ...kafkaSettings,
  ...elasticsearchSettings,
});
