import { findConnection, KubernetesClient, Permissions } from '@margay/kubernetes';
import { VERSION, type Service } from '@margay/runtime';
import { STORES, storesAnswer, storesProvider, type Stores } from '@margay/storage';
import type * as z from 'zod';
import { anyone, byKubernetes, byToken, type Access } from './access/access.ts';
import { config } from './config.ts';
import { apiRoutes } from './routes.ts';

const ACCESS = 'ACCESS';

/** The API as a process of its own. It only reads. */
export const api: Service<typeof config> = {
  name: 'api',
  config,
  module: (process) => ({
    module: class Api {},
    providers: [
      storesProvider(process.config),
      { provide: ACCESS, useFactory: () => accessOf(process.config) },
    ],
  }),
  checks: (get) => ({ elasticsearch: storesAnswer(get<Stores>(STORES)) }),
  routes: (http, get, { config: { CLUSTER_NAME: cluster, API_HOSTS: hosts } }) =>
    apiRoutes(http, {
      cluster,
      version: VERSION,
      stores: get<Stores>(STORES),
      access: get<Access>(ACCESS),
      ...(hosts.length > 0 && { hosts }),
    }),
  stop: (get) => get<Stores>(STORES).close(),
};

async function accessOf(settings: z.output<typeof config>): Promise<Access> {
  switch (settings.API_PERMISSIONS) {
    case 'kubernetes': {
      const client = new KubernetesClient(await findConnection(globalThis.process.env, settings.KUBECONFIG));
      return byKubernetes(new Permissions(client, { group: settings.GLOBAL_REPORT_GROUP }));
    }
    case 'token':
      return byToken(settings.API_TOKEN ?? '');
    case 'none':
      return anyone;
  }
}
