import { Controller, Inject, Query } from '@nestjs/common';
import {
  OPERATIONS,
  type Run,
  type RunDetail,
  type Runs,
  type RunsQuery,
  type Trend,
} from '@margay/api-contract';
import { formatInstant } from '@margay/ground';
import { proofWords, type ReportHeader } from '@margay/reports';
import { Problem } from '@margay/runtime';
import { headerDamage, type Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { Viewer } from '../access/access.ts';
import { Asking, TheRun } from '../access/asked.ts';
import type { ClustersHere } from '../clusters/clusters-here.ts';
import { downloadsOf } from '../exports/downloads.ts';
import { partOf } from '../http/cursor.ts';
import { Serves } from '../http/serves.ts';
import { pageIn, type KeptIn } from '../hub/cells.ts';
import { CLUSTERS_HERE, KEPT_IN } from '../tokens.ts';
import { findRuns } from './find-runs.ts';
import { RunList } from './run-list.ts';
import { completenessOf, contentOf } from './runs.ts';

const evidenceOf = (content: ReportHeader) => ({
  ...completenessOf(content),
  proof: proofWords(content.evidence.sources),
  ...content.evidence,
});

/** Runs of reports, and one run with everything but its rows. */
@Controller()
export class RunsController {
  readonly #runs: RunList;
  readonly #stores: Stores;

  /** What addresses have to say of the cluster; undefined where it is meant anyway. */
  readonly #named: string | undefined;
  readonly #cluster: string;
  /** Undefined where the evidence is here. */
  readonly #keptIn: KeptIn | undefined;

  constructor(
    @Inject(RunList) runs: RunList,
    @Inject(STORES) stores: Stores,
    @Inject(CLUSTERS_HERE) { asked, names }: ClustersHere,
    @Inject(KEPT_IN) keptIn: KeptIn | undefined,
  ) {
    this.#named = asked === names[0] ? undefined : asked;
    this.#cluster = asked;
    this.#keptIn = keptIn;
    this.#runs = runs;
    this.#stores = stores;
  }

  @Serves(OPERATIONS.runs)
  async list(
    @Asking() viewer: Viewer,
    @Query({ schema: OPERATIONS.runs.query }) query: RunsQuery,
  ): Promise<Runs> {
    const found = findRuns(await this.#runs.visibleTo(viewer), query);
    const { part, ...rest } = partOf(found, ({ id }) => id, query);
    return { items: await this.#runs.withLate(part), ...rest };
  }

  @Serves(OPERATIONS.run)
  async one(@Asking() viewer: Viewer, @TheRun('id') listed: Run): Promise<RunDetail> {
    const [run = listed] = await this.#runs.withLate([listed]);
    const header =
      run.state === 'completed' ? await this.#runs.reportOf(run) : await this.#stores.archive.header(run.id);
    const record = await this.#stores.windows.get(run.id);
    const content = header && contentOf(header);
    return {
      ...run,
      manual: record?.window.manual ?? false,
      attempt: record?.attempt ?? null,
      spec: content?.reportSpec ?? record?.window.spec ?? null,
      evidence: content !== undefined && (await mayExport(viewer, run)) ? evidenceOf(content) : null,
      summaryProblem: content?.uiSummaryProblem ?? null,
      rowCounts: content?.rowCounts ?? null,
      archive:
        header === undefined
          ? null
          : {
              sequence: header.sequence,
              previous: header.previous ?? null,
              headerDigest: header.headerDigest,
            },
      revisions:
        header === undefined
          ? []
          : (await this.#stores.archive.revisions(header.reportName, header))
              // Lists say of the others what is wrong with them.
              .filter((each) => headerDamage(each) === undefined)
              .map(({ id, revision = 1, generatedAt, digest }) => ({
                id,
                revision,
                generated: formatInstant(generatedAt),
                digest,
              })),
      downloads:
        header === undefined || this.#keptIn !== undefined
          ? []
          : downloadsOf(this.#stores.archive, header, this.#named),
      keptIn:
        this.#keptIn === undefined
          ? null
          : { cell: this.#keptIn.cell, url: pageIn(this.#keptIn, this.#cluster, run.id) },
    };
  }

  @Serves(OPERATIONS.trend)
  async trend(
    @TheRun('id') run: Run,
    @Query({ schema: OPERATIONS.trend.query }) { limit }: { readonly limit: number },
  ): Promise<Trend> {
    const upTo = (await this.#runs.upTo(run)).slice(0, limit);
    return { items: (await this.#runs.withLate(upTo)).reverse() };
  }
}

/** Whether the viewer may export the report of a run that they may list. */
async function mayExport(viewer: Viewer, { report, reportType }: Run): Promise<boolean> {
  try {
    await viewer.require('export', { name: report, type: reportType });
    return true;
  } catch (error) {
    if (error instanceof Problem && error.status === 403) return false;
    throw error;
  }
}
