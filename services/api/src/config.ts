import { networksProblem } from '@margay/policy';
import { cellSettings, clustersOf, list } from '@margay/runtime';
import { elasticsearchSettings } from '@margay/storage';
import * as z from 'zod';
import { hubConfig } from './hub/config.ts';
import { openProblems, openSettings } from './open-settings.ts';
import { sinkSettings } from './sink/settings.ts';

/** What the service is, in a sentence, for the generated documents. */
export const about = 'Serves the dashboard, the REST API and the downloads of archived reports.';

/** What the same service is where it is given cells. */
export const role = {
  name: 'api as a hub',
  about:
    'Shows the clusters of many cells as one API and one dashboard, by the headers of their reports: of these the cells tell it on the topic `margay.hub-news`.',
  config: hubConfig,
};

/** The settings of the api. */
export const config = z
  .object({
    ...cellSettings,
    API_PERMISSIONS: z.enum(['kubernetes', 'hub', 'token', 'none']).default('none').meta({
      description:
        'Who may see what: `kubernetes` asks the cluster’s API server (TokenReview, SubjectAccessReview), `hub` asks that of KUBECONFIG about every cluster, which one may see who may `get` the `clusters.margay.io` of its name, `token` wants API_TOKEN, `none` asks nobody.',
    }),
    ...openSettings,
    KUBECONFIG: z.string().optional().meta({
      description:
        'Kubeconfig of the cluster that is asked for permissions; in a pod its service account unless set. Of several clusters the one that CLUSTERS has first, or CLUSTER_NAME.',
    }),
    API_KUBECONFIGS: list().prefault('').meta({
      description:
        'Of several clusters the kubeconfigs of all others, `NAME=FILE` with commas between them: who somebody is and what they may see of a cluster is asked of its own API server.',
    }),
    PRIVATE_NETWORKS: list(networksProblem).optional().meta({
      description:
        'Networks that do not count as the internet in the state of the cluster at an instant, as the report-worker has them; the same default.',
    }),
    ...elasticsearchSettings,
    ...sinkSettings,
  })
  .superRefine((settings, context) => {
    for (const message of kubeconfigProblems(settings))
      context.addIssue({ code: 'custom', path: ['API_KUBECONFIGS'], message });
    for (const [path, message] of openProblems(settings, settings.API_PERMISSIONS))
      context.addIssue({ code: 'custom', path: [path], message });
  });

/** The kubeconfigs of the other clusters by name. */
export const kubeconfigsOf = ({ API_KUBECONFIGS: pairs }: { readonly API_KUBECONFIGS: readonly string[] }) =>
  new Map(
    pairs.map((pair): [cluster: string, file: string] => {
      const at = pair.indexOf('=');
      return at < 0 ? ['', pair] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );

function kubeconfigProblems(
  settings: Parameters<typeof clustersOf>[0] & {
    readonly API_KUBECONFIGS: readonly string[];
    readonly API_PERMISSIONS: string;
  },
): string[] {
  const [, ...others] = clustersOf(settings);
  const known = kubeconfigsOf(settings);
  const strange = [...known].find(([name, file]) => !others.includes(name) || file === '');
  if (strange !== undefined)
    return [
      `"${strange.join('=')}" is no NAME=FILE of a cluster in CLUSTERS beside ${clustersOf(settings)[0]}, which has KUBECONFIG`,
    ];
  const without = others.filter((name) => !known.has(name));
  if (settings.API_PERMISSIONS !== 'kubernetes' || without.length === 0) return [];
  return [
    `nobody could be asked who may see what of ${without.join(', ')}: add NAME=FILE for each, or take it out of CLUSTERS`,
  ];
}
