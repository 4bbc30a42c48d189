import { Stages } from '@margay/runtime/nest';
import { keepLogFiles } from '@margay/sources/nest';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { INGEST_FLOWS } from '../flow-ingestion.ts';
import type { IngestFlows } from '../ingest-flows.ts';
import { FLOW_INGESTOR_OPTIONS, type FlowIngestorOptions } from '../options.ts';
import { followFlowFile, readFlowFile } from './flow-file.ts';

/** Reads the log files, each as a stage of its own. */
@Injectable()
export class FlowFiles implements OnApplicationBootstrap {
  readonly #options: FlowIngestorOptions;
  readonly #ingest: IngestFlows;
  readonly #stages: Stages;
  readonly #ended = Promise.withResolvers<void>();

  constructor(
    @Inject(FLOW_INGESTOR_OPTIONS) options: FlowIngestorOptions,
    @Inject(INGEST_FLOWS) ingest: IngestFlows,
    @Inject(Stages) stages: Stages,
  ) {
    this.#options = options;
    this.#ingest = ingest;
    this.#stages = stages;
  }

  /** Fulfilled when finished logs have been read to their ends, or when the application is asked to stop. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  onApplicationBootstrap(): void {
    const { cluster, files } = this.#options;
    const readFile = files?.follow === true ? followFlowFile : readFlowFile;
    const ended = keepLogFiles(this.#stages, files, (path, positions, signal, beside) =>
      readFile({ path, ...beside, cluster, ingest: this.#ingest, positions, signal }),
    );
    void ended.then(this.#ended.resolve);
  }
}
