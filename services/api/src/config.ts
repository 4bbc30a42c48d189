import { networksProblem } from '@margay/policy';
import { cellSettings, list } from '@margay/runtime';
import { elasticsearchSettings } from '@margay/storage';
import * as z from 'zod';
import { doorProblems, doorSettings } from './door.ts';

/** What the service is, in a sentence, for the generated documents. */
export const about = 'Serves the dashboard, the REST API and the downloads of archived reports.';

/** The settings of the api. */
export const config = z
  .object({
    ...cellSettings,
    API_PERMISSIONS: z.enum(['kubernetes', 'token', 'none']).default('none').meta({
      description:
        'Who may see what: `kubernetes` asks the cluster’s API server (TokenReview, SubjectAccessReview), `token` wants API_TOKEN, `none` asks nobody.',
    }),
    API_TOKEN: z
      .string()
      .min(16)
      .optional()
      .meta({ description: 'The token that everybody who asks has to give.', secret: true }),
    ...doorSettings,
    KUBECONFIG: z.string().optional().meta({
      description:
        'Kubeconfig of the cluster that is asked for permissions; in a pod its service account unless set.',
    }),
    GLOBAL_REPORT_GROUP: z
      .string()
      .default('projectcalico.org')
      .meta({ description: 'API group of GlobalReports, which permissions are about.' }),
    PRIVATE_NETWORKS: list(networksProblem).optional().meta({
      description:
        'Networks that do not count as the internet in the state of the cluster at an instant, as the report-worker has them; the same default.',
    }),
    ...elasticsearchSettings,
  })
  .refine(({ API_PERMISSIONS: by, API_TOKEN: token }) => by !== 'token' || token !== undefined, {
    path: ['API_TOKEN'],
    message: 'API_PERMISSIONS is "token", so that a token is needed',
  })
  .superRefine((settings, context) => {
    for (const [path, message] of doorProblems(settings, settings.API_PERMISSIONS))
      context.addIssue({ code: 'custom', path: [path], message });
  });
