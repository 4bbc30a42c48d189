import { Controller, Inject } from '@nestjs/common';
import { OPERATIONS, type Cluster } from '@margay/api-contract';
import { formatInstant } from '@margay/ground';
import { VERSION } from '@margay/runtime';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { Viewer } from '../access/access.ts';
import { Asking } from '../access/asked.ts';
import { Serves } from '../http/serves.ts';
import { RunList } from '../runs/run-list.ts';
import { CLUSTER } from '../tokens.ts';

/** The cluster, and what of it the viewer may see. */
@Controller()
export class ClusterController {
  readonly #cluster: string;
  readonly #runs: RunList;
  readonly #stores: Stores;

  constructor(
    @Inject(CLUSTER) cluster: string,
    @Inject(RunList) runs: RunList,
    @Inject(STORES) stores: Stores,
  ) {
    this.#cluster = cluster;
    this.#runs = runs;
    this.#stores = stores;
  }

  @Serves(OPERATIONS.cluster)
  async cluster(@Asking() viewer: Viewer): Promise<Cluster> {
    const visible = await this.#runs.visibleTo(viewer);
    const span = await this.#stores.history.span();
    const reports = [...new Set(visible.map(({ report }) => report))].sort();
    return {
      cluster: this.#cluster,
      version: VERSION,
      viewer: viewer.name,
      span: span === undefined ? null : { start: formatInstant(span.first), end: formatInstant(span.last) },
      counts: {
        runs: visible.length,
        reports: reports.length,
        running: visible.filter(({ state }) => state === 'running' || state === 'emitted').length,
      },
      reports,
      reportTypes: [...new Set(visible.map(({ reportType }) => reportType))].sort(),
    };
  }
}
