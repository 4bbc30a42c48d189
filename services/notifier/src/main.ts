import { reportsCompleted } from '@margay/contracts';
import { BusModule } from '@margay/messaging/nest';
import { clustersOf } from '@margay/runtime';
import { runService } from '@margay/runtime/nest';
import { StoresModule } from '@margay/storage/nest';
import { config } from './config.ts';
import { NotifierModule } from './notifier.module.ts';
import { notifierOptionsOf } from './options.ts';

await runService({
  name: 'notifier',
  config,
  module: (settings) =>
    NotifierModule.over(
      notifierOptionsOf(settings),
      BusModule.kafka(settings, 'notifier', reportsCompleted.name, clustersOf(settings)),
      StoresModule.elasticsearch(settings),
    ),
});
