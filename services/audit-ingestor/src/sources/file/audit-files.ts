import { Stages } from '@margay/runtime/nest';
import { keepLogFiles } from '@margay/sources/nest';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Ingestion } from '../../ingestion.ts';
import { AUDIT_INGESTOR_OPTIONS, type AuditIngestorOptions } from '../../options.ts';
import { followAuditFile, readAuditFile } from './audit-file.ts';

/** Reads the log files, each as a stage of its own. */
@Injectable()
export class AuditFiles implements OnApplicationBootstrap {
  readonly #options: AuditIngestorOptions;
  readonly #ingestion: Ingestion;
  readonly #stages: Stages;
  readonly #ended = Promise.withResolvers<void>();

  constructor(
    @Inject(AUDIT_INGESTOR_OPTIONS) options: AuditIngestorOptions,
    @Inject(Ingestion) ingestion: Ingestion,
    @Inject(Stages) stages: Stages,
  ) {
    this.#options = options;
    this.#ingestion = ingestion;
    this.#stages = stages;
  }

  /** Fulfilled when finished logs have been read to their ends, or when the application is asked to stop. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  onApplicationBootstrap(): void {
    const { cluster, files } = this.#options;
    const readFile = files?.follow === true ? followAuditFile : readAuditFile;
    const ended = keepLogFiles(this.#stages, files, (path, positions, signal, beside) =>
      readFile({
        path,
        ...beside,
        positions,
        signal,
        deliver: (ingested) => this.#ingestion.deliver(cluster, ingested),
        onLines: (lines) => files?.onLines?.(path, lines),
      }),
    );
    void ended.then(this.#ended.resolve);
  }
}
