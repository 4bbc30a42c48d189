import { Module, type DynamicModule } from '@nestjs/common';
import type { WatchedCluster } from './cells.ts';
import { NewsController, WATCHED } from './news.controller.ts';

/** What cells tell in, headers and logs of reports in the stores. It needs a `BUS`, and the `CELL` of a hub. */
@Module({ controllers: [NewsController] })
export class HubModule {
  static over(watched: readonly WatchedCluster[], ...adapters: readonly DynamicModule[]): DynamicModule {
    return {
      module: HubModule,
      imports: [...adapters],
      providers: [{ provide: WATCHED, useValue: watched }],
    };
  }
}
