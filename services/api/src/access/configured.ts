import { findConnection, KubernetesClient, Permissions } from '@margay/kubernetes';
import { clustersOf } from '@margay/runtime';
import type * as z from 'zod';
import { kubeconfigsOf, type config } from '../config.ts';
import type { hubConfig } from '../hub/config.ts';
import { anyone, byKubernetes, byToken, type Authority } from './access.ts';

/** Who may see what of a cluster, as the settings of an api or of a hub say. */
export async function accessOf(
  settings: z.output<typeof config> | z.output<typeof hubConfig>,
  cluster: string,
): Promise<Authority> {
  switch (settings.API_PERMISSIONS) {
    case 'kubernetes': {
      const client = new KubernetesClient(await findConnection(process.env, kubeconfigOf(settings, cluster)));
      return byKubernetes(new Permissions(client, { group: settings.GLOBAL_REPORT_GROUP }));
    }
    case 'hub': {
      const client = new KubernetesClient(await findConnection(process.env, settings.KUBECONFIG));
      return byKubernetes(new Permissions(client, { group: settings.GLOBAL_REPORT_GROUP, cluster }), {
        isHub: true,
      });
    }
    case 'token':
      return byToken(settings.API_TOKEN ?? '');
    case 'none':
      return anyone;
  }
}

/** Of another cluster never that of the first, which would be asked about the wrong people. */
function kubeconfigOf(settings: z.output<typeof config>, cluster: string): string | undefined {
  if (cluster === clustersOf(settings)[0]) return settings.KUBECONFIG;
  const file = kubeconfigsOf(settings).get(cluster);
  if (file === undefined)
    throw new Error(`There is no kubeconfig of the cluster ${cluster}: add it to API_KUBECONFIGS`);
  return file;
}
