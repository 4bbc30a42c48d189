import { existsSync } from 'node:fs';
import { kafkaOptionsOf, kafkaSettings, openEmbeddedBus, openKafkaBus, type Bus } from '@margay/messaging';
import { clusterSettings, readConfig } from '@margay/runtime';
import {
  databaseIn,
  elasticsearchOptionsOf,
  elasticsearchSettings,
  openElasticsearch,
  type Stores,
} from '@margay/storage';
import * as z from 'zod';

/** The bus of an installation: the broker that the environment names, as for the services, or a folder. */
export async function connectBus(data: string | undefined): Promise<Bus> {
  if (data !== undefined) {
    // Opening makes one, and of a folder that is not the right one it would be said that nothing was set aside.
    if (!existsSync(databaseIn(data)))
      throw new Error(`${data} is no data folder of margay up: there is no ${databaseIn(data)}`);
    return openEmbeddedBus(data);
  }
  return openKafkaBus(kafkaOptionsOf(readConfig(z.object(kafkaSettings), process.env), 'margay-cli'));
}

/** Bus and stores of a distributed installation, as the environment names them. */
export async function connectAll(): Promise<{ cluster: string; bus: Bus; stores: Stores }> {
  const settings = readConfig(
    z.object({ ...clusterSettings, ...kafkaSettings, ...elasticsearchSettings }),
    process.env,
  );
  const cluster = settings.CLUSTER_NAME;
  const stores = await openElasticsearch(elasticsearchOptionsOf(settings, cluster));
  return { cluster, stores, bus: await openKafkaBus(kafkaOptionsOf(settings, 'margay-cli')) };
}
