import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { Metrics } from '@margay/runtime';
import { METRICS, Readiness, Stages, watchDisk } from '@margay/runtime/nest';
import { openElasticsearch } from '../elasticsearch.ts';
import { openEmbedded } from '../embedded.ts';
import type { Stores } from '../stores.ts';
import { elasticsearchOptionsOf, type ElasticsearchConfig } from '../settings.ts';

/** The token of the stores. */
export const STORES = 'STORES';

/** The stores of an application, closed with it. */
@Module({})
export class StoresModule implements OnApplicationShutdown {
  readonly #stores: Stores;

  constructor(@Inject(STORES) stores: Stores) {
    this.#stores = stores;
  }

  /** Those of a cluster in Elasticsearch, as the settings say. */
  static elasticsearch(config: ElasticsearchConfig & { readonly CLUSTER_NAME: string }): DynamicModule {
    return moduleOf(async (readiness, stages) => {
      const stores = await openElasticsearch(elasticsearchOptionsOf(config, config.CLUSTER_NAME));
      const look = async () => void (await stores.windows.list({ limit: 1 }));
      // Until it answers for the first time the log says why it does not; then the check does.
      stages.keep('elasticsearch', look);
      readiness.add('elasticsearch', look);
      return stores;
    });
  }

  /** The embedded ones in a folder, which one process uses. */
  static embedded(directory: string): DynamicModule {
    return moduleOf(async (readiness, stages, metrics) => {
      const stores = openEmbedded(directory);
      watchDisk(readiness, metrics, directory);
      return stores;
    });
  }

  /** Any others, opened when the application is made. */
  static opened(open: () => Promise<Stores>): DynamicModule {
    return moduleOf(open);
  }

  onApplicationShutdown(): Promise<void> {
    return this.#stores.close();
  }
}

const moduleOf = (
  open: (readiness: Readiness, stages: Stages, metrics: Metrics) => Promise<Stores>,
): DynamicModule => ({
  module: StoresModule,
  providers: [{ provide: STORES, inject: [Readiness, Stages, METRICS], useFactory: open }],
  exports: [STORES],
});
