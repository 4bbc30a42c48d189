import { resourceChanges } from '@margay/contracts';
import { BusModule } from '@margay/messaging/nest';
import { clustersOf } from '@margay/runtime';
import { runService } from '@margay/runtime/nest';
import { StoresModule } from '@margay/storage/nest';
import { config } from './config.ts';
import { SnapshotterModule } from './snapshotter.module.ts';

await runService({
  name: 'snapshotter',
  config,
  module: (settings) =>
    SnapshotterModule.over(
      BusModule.kafka(settings, 'snapshotter', resourceChanges.name, clustersOf(settings)),
      StoresModule.elasticsearch(settings),
    ),
});
