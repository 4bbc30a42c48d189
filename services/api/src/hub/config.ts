import { kafkaSettings } from '@margay/messaging';
import * as z from 'zod';
import { openProblems, openSettings } from '../open-settings.ts';
import { cellsSetting } from './cells.ts';

/** The settings of an api that is a hub. */
export const hubConfig = z
  .object({
    HUB_CELLS: cellsSetting().meta({
      description:
        'Makes the api a hub: the cells that tell it of their clusters, as JSON: `[{"name": …, "api": …, "clusters": [{"name": …, "keys": [ … ], "uid": …}]}]`, with where people reach a cell’s own API, the keys that check each cluster’s log of reports (`margay key FILE` prints it, with `--cluster NAME` where several clusters of a cell have one), and, where they are to be said, the uids of their namespaces `kube-system`.',
    }),
    HUB_DIRECTORY: z.string().meta({
      description:
        'Folder in which a hub keeps what it is told, of each cluster in a folder of its own; one process uses it.',
    }),
    API_PERMISSIONS: z.enum(['hub', 'token', 'none']).default('none').meta({
      description:
        'Who may see what: `hub` asks the API server of KUBECONFIG about every cluster, which one may see who may `get` the `clusters.margay.io` of its name, `token` wants API_TOKEN, `none` asks nobody.',
    }),
    KUBECONFIG: z.string().optional().meta({
      description:
        'Kubeconfig of the cluster that is asked for permissions; in a pod its service account unless set.',
    }),
    ...openSettings,
    ...kafkaSettings,
  })
  .superRefine((settings, context) => {
    for (const [path, message] of openProblems(settings, settings.API_PERMISSIONS))
      context.addIssue({ code: 'custom', path: [path], message });
  });
