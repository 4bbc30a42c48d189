import { existsSync } from 'node:fs';
import { kafkaOptionsOf, kafkaSettings, openEmbeddedBus, openKafkaBus, type Bus } from '@margay/messaging';
import { cellSettings, clustersOf, ownClusterOf, readConfig } from '@margay/runtime';
import {
  databaseIn,
  elasticsearchOptionsOf,
  elasticsearchSettings,
  openElasticsearch,
  openEmbedded,
  type Stores,
} from '@margay/storage';
import * as z from 'zod';

/** What a command asks of several clusters. */
const MEANT = 'that is meant';

/** The bus of an installation: the broker that the environment names, as for the services, or a folder. */
export async function connectBus(data: string | undefined): Promise<Bus> {
  if (data !== undefined) {
    checkDataFolder(data);
    return openEmbeddedBus(data);
  }
  return openKafkaBus(kafkaOptionsOf(readConfig(z.object(kafkaSettings), process.env), 'margay-cli'));
}

/** The stores of an installation, only to be read: those that the environment names, as for the services, or those in a folder. */
export async function connectStores(data: string | undefined): Promise<Stores> {
  if (data !== undefined) {
    checkDataFolder(data);
    return openEmbedded(data, { readOnly: true });
  }
  const settings = readConfig(z.object({ ...cellSettings, ...elasticsearchSettings }), process.env);
  const options = elasticsearchOptionsOf(settings, ownClusterOf(settings, MEANT));
  return openElasticsearch({ ...options, readOnly: true });
}

/** The stores of an installation, to be written: of a folder that no other process has. */
export async function connectStoresToWrite(
  data: string | undefined,
): Promise<{ stores: Stores; clusters: readonly string[]; cluster: string }> {
  if (data !== undefined) {
    checkDataFolder(data);
    return { stores: openEmbedded(data), cluster: '', clusters: [''] };
  }
  const settings = readConfig(z.object({ ...cellSettings, ...elasticsearchSettings }), process.env);
  const cluster = ownClusterOf(settings, MEANT);
  const stores = await openElasticsearch(elasticsearchOptionsOf(settings, cluster));
  return { stores, cluster, clusters: clustersOf(settings) };
}

/** @throws Error where a folder is none of Margay: opening would make one, in which nothing is. */
function checkDataFolder(data: string): void {
  if (!existsSync(databaseIn(data)))
    throw new Error(`${data} is no data folder of margay up: there is no ${databaseIn(data)}`);
}

/** Bus and stores of a distributed installation, as the environment names them. */
export async function connectAll(): Promise<{ cluster: string; bus: Bus; stores: Stores }> {
  const settings = readConfig(
    z.object({ ...cellSettings, ...kafkaSettings, ...elasticsearchSettings }),
    process.env,
  );
  const cluster = ownClusterOf(settings, MEANT);
  const stores = await openElasticsearch(elasticsearchOptionsOf(settings, cluster));
  return { cluster, stores, bus: await openKafkaBus(kafkaOptionsOf(settings, 'margay-cli')) };
}
