import { hubNews } from '@margay/contracts';
import { BusModule } from '@margay/messaging/nest';
import { StoresModule } from '@margay/storage/nest';
import type { DynamicModule } from '@nestjs/common';
import type * as z from 'zod';
import { accessOf } from '../access/configured.ts';
import { ApiModule, type ApiOptions } from '../api.module.ts';
import { doorOf } from '../door.ts';
import { cellsSetting, type WatchedCluster } from './cells.ts';
import type { hubConfig } from './config.ts';
import { HubModule } from './hub.module.ts';

export { cellsSetting };

/** The API over what cells tell of their clusters, as the settings say. */
export function hubOf(settings: z.output<typeof hubConfig>): DynamicModule {
  const { HUB_CELLS: watched, HUB_DIRECTORY: directory, API_PERMISSIONS: by } = settings;
  const names = watched.map(({ cluster }) => cluster);
  return hubOver(
    watched,
    {
      access: (cluster) => accessOf(settings, cluster),
      isOneAuthority: by !== 'hub',
    },
    doorOf(settings),
    BusModule.kafka(settings, 'hub', hubNews.name),
    StoresModule.ofHub(directory, names),
  );
}

/** @param adapters a bus, and the stores of a hub. */
export function hubOver(
  watched: readonly WatchedCluster[],
  others: NonNullable<ApiOptions['others']>,
  door: Partial<ApiOptions>,
  ...adapters: readonly DynamicModule[]
): DynamicModule {
  const [first] = watched;
  const cells = new Map(watched.map(({ cluster, cell, api, uid }) => [cluster, { cell, api, uid }]));
  const api = ApiModule.over(
    {
      cluster: first!.cluster,
      access: () => others.access(first!.cluster),
      ...(watched.length > 1 && { others }),
      keptIn: cells,
      ...door,
    },
    ...adapters,
  );
  return { module: class Hub {}, imports: [api, HubModule.over(watched, ...adapters)] };
}
