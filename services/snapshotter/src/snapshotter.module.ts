import { Module, type DynamicModule } from '@nestjs/common';
import { EvidenceController } from './evidence.controller.ts';
import { FoldingAnew } from './folding-anew.ts';
import { HistoryLag } from './history-lag.ts';

/** Changes in, history out. It needs a `BUS` and the `STORES`. */
@Module({ controllers: [EvidenceController], providers: [HistoryLag, FoldingAnew] })
export class SnapshotterModule {
  static over(...adapters: readonly DynamicModule[]): DynamicModule {
    return { module: SnapshotterModule, imports: [...adapters] };
  }
}
