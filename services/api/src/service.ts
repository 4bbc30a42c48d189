import type { Service } from '@margay/runtime';
import { STORES, storesAnswer, storesProvider, type Stores } from '@margay/storage';
import { config } from './config.ts';
import { apiRoutes } from './routes.ts';

/** The API as a process of its own. It only reads. */
export const api: Service<typeof config> = {
  name: 'api',
  config,
  module: (process) => ({ module: class Api {}, providers: [storesProvider(process.config)] }),
  checks: (get) => ({ elasticsearch: storesAnswer(get<Stores>(STORES)) }),
  routes: (http, get, { config: { CLUSTER_NAME: cluster } }) =>
    apiRoutes(http, { cluster, stores: get<Stores>(STORES) }),
  stop: (get) => get<Stores>(STORES).close(),
};
