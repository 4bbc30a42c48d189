import { clustersOf, isGiven } from '@margay/runtime';
import { runService } from '@margay/runtime/nest';
import { StoresModule } from '@margay/storage/nest';
import { accessOf } from './access/configured.ts';
import { ApiModule } from './api.module.ts';
import { config } from './config.ts';
import { doorOf, tlsOf } from './door.ts';
import { hubConfig } from './hub/config.ts';
import { hubOf } from './hub/hub.ts';
import { sinkOf } from './sink/settings.ts';

// Given cells, it is a hub of those: they tell it of their clusters, and nothing else is here.
if (isGiven('HUB_CELLS', process.env))
  await runService({ name: 'hub', config: hubConfig, tls: tlsOf, module: hubOf });

/** The API as a process of its own. */
await runService({
  name: 'api',
  config,
  tls: tlsOf,
  module: (settings) => {
    const [cluster = '', ...others] = clustersOf(settings);
    const sink = sinkOf(settings);
    return ApiModule.over(
      {
        cluster,
        access: () => accessOf(settings, cluster),
        ...(others.length > 0 && {
          others: {
            access: (other) => accessOf(settings, other),
            isOneAuthority: !['kubernetes', 'hub'].includes(settings.API_PERMISSIONS),
          },
        }),
        ...(settings.PRIVATE_NETWORKS && { privateNetworks: settings.PRIVATE_NETWORKS }),
        ...(sink && { sink }),
        ...doorOf(settings),
      },
      StoresModule.elasticsearch(settings, 'mostly reads'),
    );
  },
});
