import { Controller, Inject, Query } from '@nestjs/common';
import {
  OPERATIONS,
  type AskedRunAnswer,
  type AskRunQuery,
  type GlobalReports,
  type Run,
} from '@margay/api-contract';
import { isParent } from '@margay/contracts';
import { formatInstant, parseInstant, type Instant } from '@margay/ground';
import type { GlobalReportSpec } from '@margay/reports';
import { Problem, refused } from '@margay/runtime';
import { CLOCK, type Clock } from '@margay/runtime/nest';
import {
  askForRevision,
  askForRun,
  NotAskable,
  type AskedRun,
  type KnownReport,
  type Stores,
} from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { Viewer } from '../access/access.ts';
import { Asking, TheReport, TheRun } from '../access/asked.ts';
import { Serves } from '../http/serves.ts';
import { RunList } from '../runs/run-list.ts';
import { CLUSTER } from '../tokens.ts';
import { ReportList } from './report-list.ts';
import { windowToAsk } from './window-to-ask.ts';

/** The GlobalReports, and runs and revisions that people ask for: each is a window that the scheduler hands to the workers. */
@Controller()
export class ReportsController {
  readonly #cluster: string;
  readonly #reports: ReportList;
  readonly #runs: RunList;
  readonly #stores: Stores;
  readonly #clock: Clock;

  constructor(
    @Inject(CLUSTER) cluster: string,
    @Inject(ReportList) reports: ReportList,
    @Inject(RunList) runs: RunList,
    @Inject(STORES) stores: Stores,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#cluster = cluster;
    this.#reports = reports;
    this.#runs = runs;
    this.#stores = stores;
    this.#clock = clock;
  }

  @Serves(OPERATIONS.globalReports)
  async list(@Asking() viewer: Viewer): Promise<GlobalReports> {
    const reports = await this.#reports.visibleTo(viewer);
    const runs = await this.#runs.newestOf(
      viewer,
      reports.map(({ name }) => name),
    );
    return { items: reports.map((report) => answerOf(report, runs.get(report.name))) };
  }

  @Serves(OPERATIONS.askRun)
  async ask(
    @TheReport() report: KnownReport,
    @Query({ schema: OPERATIONS.askRun.query }) { start, end }: AskRunQuery,
  ): Promise<AskedRunAnswer> {
    const now = this.#clock();
    const span = windowToAsk(
      report,
      { ...instantOf('start', start), ...instantOf('end', end) },
      { evidence: await this.#stores.history.span(), now },
    );
    if (span === undefined)
      throw new Problem(409, 'No evidence', 'There is no evidence yet: give the window’s start and end');
    return this.#answer(askForRun(this.#stores, this.#cluster, report, span, now));
  }

  @Serves(OPERATIONS.revise)
  revise(@TheRun('id') { id }: Run): Promise<AskedRunAnswer> {
    return this.#answer(askForRevision(this.#stores, id, this.#clock()));
  }

  async #answer(asked: Promise<AskedRun>): Promise<AskedRunAnswer> {
    const { window, isNew } = await asked.catch((error: unknown) => {
      throw error instanceof NotAskable ? problemOf(error) : error;
    });
    const record = await this.#stores.windows.get(window.id);
    return {
      id: window.id,
      isNew,
      state: record?.state ?? 'emitted',
      isOverClusters: isParent(window),
      revision: window.revision ?? 1,
      window: { start: formatInstant(window.start), end: formatInstant(window.end) },
    };
  }
}

const PROBLEMS: Readonly<Record<NotAskable['reason'], (words: string) => Problem>> = {
  missing: (words) => new Problem(404, 'Not found', words),
  unfinished: (words) => new Problem(409, 'Not finished', words),
  removed: (words) => new Problem(409, 'Removed', words),
  clusters: (words) => new Problem(409, 'Of many clusters', words),
  window: refused,
};

const problemOf = ({ reason, message }: NotAskable): Problem => PROBLEMS[reason](message);

function instantOf<K extends string>(name: K, text: string | undefined): { readonly [key in K]?: Instant } {
  const instant = text === undefined ? undefined : parseInstant(text);
  return (instant === undefined ? {} : { [name]: instant }) as { readonly [key in K]?: Instant };
}

function answerOf(
  { name, reportType, spec, next }: KnownReport,
  last: Run | undefined,
): GlobalReports['items'][number] {
  const { schedule, suspend, clusters } = spec as Partial<GlobalReportSpec>;
  return {
    name,
    reportType,
    schedule: schedule ?? null,
    suspended: suspend === true,
    clusters: clusters?.selector ?? null,
    next:
      next === undefined
        ? null
        : { start: formatInstant(next.start), end: formatInstant(next.end), due: formatInstant(next.due) },
    last: last ?? null,
  };
}
