import { openElasticsearch } from './elasticsearch.ts';
import type { Stores } from './stores.ts';
import { elasticsearchOptionsOf, type ElasticsearchConfig } from './settings.ts';

/** The token under which a service's module provides its stores. */
export const STORES = 'STORES';

/** Provides the stores of a service's cluster as its settings say. */
export const storesProvider = (config: ElasticsearchConfig & { readonly CLUSTER_NAME: string }) => ({
  provide: STORES,
  useFactory: (): Promise<Stores> => openElasticsearch(elasticsearchOptionsOf(config, config.CLUSTER_NAME)),
});

/** A readiness check: the stores answer a small question. */
export const storesAnswer = (stores: Stores) => async (): Promise<undefined> => {
  await stores.windows.list({ limit: 1 });
  return undefined;
};
