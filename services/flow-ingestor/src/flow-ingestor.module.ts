import { Module, type DynamicModule } from '@nestjs/common';
import { flowIngestion } from './flow-ingestion.ts';
import { FlowsHealth } from './flows-health.ts';
import { FLOW_INGESTOR_OPTIONS, type FlowIngestorOptions } from './options.ts';
import { FlowFiles } from './sources/flow-files.ts';
import { flowTopicController } from './sources/flow-topic.controller.ts';
import { ReceiverListener } from './sources/receiver-listener.ts';

export { FlowFiles };

/** Flow logs in, distinct flows out. It needs a `BUS`. */
@Module({ providers: [FlowsHealth, flowIngestion, FlowFiles, ReceiverListener], exports: [FlowFiles] })
export class FlowIngestorModule {
  static over(options: FlowIngestorOptions, ...adapters: readonly DynamicModule[]): DynamicModule {
    const { topic, cluster } = options;
    return {
      module: FlowIngestorModule,
      imports: [...adapters],
      controllers: topic === undefined ? [] : [flowTopicController({ ...topic, cluster })],
      providers: [{ provide: FLOW_INGESTOR_OPTIONS, useValue: options }],
    };
  }
}
