import { Module, type DynamicModule } from '@nestjs/common';
import { EvidenceController } from './evidence.controller.ts';

/** Changes in, history out. It needs a `BUS` and the `STORES`. */
@Module({ controllers: [EvidenceController] })
export class SnapshotterModule {
  static over(...adapters: readonly DynamicModule[]): DynamicModule {
    return { module: SnapshotterModule, imports: [...adapters] };
  }
}
