import { findConnection, KubernetesClient, Permissions } from '@margay/kubernetes';
import type * as z from 'zod';
import type { config } from '../config.ts';
import { anyone, byKubernetes, byToken, type Authority } from './access.ts';

/** Who may see what, as the settings say. */
export async function accessOf(settings: z.output<typeof config>): Promise<Authority> {
  switch (settings.API_PERMISSIONS) {
    case 'kubernetes': {
      const client = new KubernetesClient(await findConnection(process.env, settings.KUBECONFIG));
      return byKubernetes(new Permissions(client, { group: settings.GLOBAL_REPORT_GROUP }));
    }
    case 'token':
      return byToken(settings.API_TOKEN ?? '');
    case 'none':
      return anyone;
  }
}
