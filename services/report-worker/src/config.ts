import { confirmationSettings } from '@margay/confirmations';
import { hubBrokersProblems, hubBrokersSettings, kafkaSettings } from '@margay/messaging';
import { networksProblem, PRIVATE_NETWORKS } from '@margay/policy';
import { cellSettings, list, whole } from '@margay/runtime';
import { elasticsearchSettings, ledgerSettings } from '@margay/storage';
import * as z from 'zod';

/** What the service is, in a sentence, for the generated documents. */
export const about = 'Computes the reports of windows, archives them and tells what became of them.';

/** The settings of the report-worker. */
export const config = z
  .object({
    ...cellSettings,
    KUBECONFIG: z.string().optional().meta({
      description:
        'Kubeconfig of the cluster whose GlobalReport is asked for with TIGERA_COMPLIANCE_REPORT_NAME; in a pod its service account unless set.',
    }),
    GLOBAL_REPORT_GROUP: z
      .string()
      .default('projectcalico.org')
      .meta({ description: 'API group of GlobalReports there.' }),
    PRIVATE_NETWORKS: list(networksProblem)
      .optional()
      .meta({
        description: `Networks that do not count as the internet in reports, with commas between them, instead of ${PRIVATE_NETWORKS.join(', ')}.`,
      }),
    EVIDENCE_WAIT_SECONDS: whole(0, 86_400).default(600).meta({
      description:
        'How long the report of a window waits until everything that was published before it was begun is in the archive; then it is computed without the rest, and says so. 0 does not wait.',
      unit: 'seconds',
    }),
    COMPUTE_LIMIT_SECONDS: whole(1, 86_400).default(1_800).meta({
      description:
        'How long the report of a window may be computed. Then its process is ended, and the window tried once more before it is given up.',
      unit: 'seconds',
    }),
    ...kafkaSettings,
    ...elasticsearchSettings,
    ...ledgerSettings,
    ...confirmationSettings,
    ...hubBrokersSettings,
  })
  .superRefine((settings, context) => {
    for (const { name, message } of hubBrokersProblems(settings))
      context.addIssue({ code: 'custom', path: [name], message });
    if (settings.HUB_KAFKA_BROKERS.length > 0 && settings.LEDGER_KEY === undefined)
      context.addIssue({
        code: 'custom',
        path: ['HUB_KAFKA_BROKERS'],
        message: 'a hub is told of reports that are in the log of reports alone: set LEDGER_KEY, too',
      });
  });
