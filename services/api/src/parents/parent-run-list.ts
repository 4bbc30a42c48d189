import type { Page, ParentRun, ParentRunsQuery } from '@margay/api-contract';
import { childCounts, childReportName, parentGrade, parentState, type ChildRun } from '@margay/contracts';
import { formatInstant } from '@margay/ground';
import { missing } from '@margay/runtime';
import { CLOCK, type Clock } from '@margay/runtime/nest';
import { childRunsOf, isParentRecord, type ParentRecord, type Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Viewer } from '../access/access.ts';
import type { ClustersHere } from '../clusters/clusters-here.ts';
import { cursorOf, otherList, placeOf } from '../http/cursor.ts';
import { CLUSTERS_HERE } from '../tokens.ts';

/** A page of them. */
interface ParentPage extends Omit<Page<never>, 'items'> {
  readonly records: readonly ParentRecord[];
}

/** The runs over many clusters that the cluster has begun, as far as a viewer may see them. */
@Injectable()
export class ParentRunList {
  readonly #stores: Stores;
  readonly #here: ClustersHere;
  readonly #clock: Clock;

  constructor(
    @Inject(STORES) stores: Stores,
    @Inject(CLUSTERS_HERE) here: ClustersHere,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#stores = stores;
    this.#here = here;
    this.#clock = clock;
  }

  /**
   * Those of reports that the viewer may list, newest window first: so many behind the one that the cursor stands for.
   *
   * @throws Problem 403 where they may list none at all, 400 where the cursor stands for none.
   */
  async visibleTo(viewer: Viewer, { report, limit, cursor }: ParentRunsQuery): Promise<ParentPage> {
    const { windows } = this.#stores;
    const counts = await windows.parentReports();
    const names = [...counts.keys()].filter((name) => report === undefined || name === report);
    const allowed = await viewer.listable(names.map((name) => ({ name })));
    const reportNames = allowed.map(({ name }) => name);
    const after = cursor === undefined ? undefined : await this.#placeOf(cursor);
    const found = await windows.list({
      reportNames,
      parents: true,
      limit: limit + 1,
      ...(after !== undefined && { after }),
    });
    const records = found.slice(0, limit).filter(isParentRecord);
    const last = records.at(-1);
    return {
      records,
      total: reportNames.reduce((sum, name) => sum + counts.get(name)!, 0),
      next: found.length > limit && last !== undefined ? cursorOf(last.window.id) : null,
    };
  }

  async #placeOf(cursor: string) {
    const record = await this.#stores.windows.get(placeOf(cursor));
    if (record === undefined || !isParentRecord(record)) throw otherList();
    return record.window;
  }

  /** The run, for a viewer who may see it. What one may not see looks as if it were not there. @throws Problem 404. */
  async seenBy(viewer: Viewer, id: string): Promise<ParentRecord> {
    const record = await this.#stores.windows.get(id);
    const isThere = record !== undefined && isParentRecord(record);
    const visible = await viewer.listable(isThere ? [{ name: record.window.reportName }] : []);
    if (!isThere || visible.length === 0) throw missing(`run over many clusters ${id}`);
    return record;
  }

  /** How far runs are: the state of each is that of all of its child runs, and of these are those of clusters that let the viewer see them. */
  async told(
    records: readonly ParentRecord[],
    viewer: Viewer,
    request: FastifyRequest,
  ): Promise<ParentRun[]> {
    const { cell, fleet, asked } = this.#here;
    const chosen = records.flatMap(({ window }) =>
      window.clusters.map((cluster) => ({
        run: window.id,
        cluster,
        name: childReportName(window),
        type: window.reportType,
      })),
    );
    const seen = Map.groupBy(await fleet.listable(chosen, viewer, asked, request), ({ run }) => run);
    const told: ParentRun[] = [];
    for (const record of records) {
      const all = await childRunsOf(cell, record, this.#clock());
      told.push(toldOf(record, all, new Set(seen.get(record.window.id)?.map(({ cluster }) => cluster))));
    }
    return told;
  }
}

function toldOf(
  { window, emittedAt }: ParentRecord,
  all: readonly ChildRun[],
  seen: ReadonlySet<string>,
): ParentRun {
  const { id, reportName, reportType, start, end, clusters } = window;
  return {
    id,
    report: reportName,
    reportType,
    state: parentState(childCounts(all)),
    grade: parentGrade(all),
    window: { start: formatInstant(start), end: formatInstant(end) },
    begun: formatInstant(emittedAt),
    clusters: clusters.length,
    hidden: clusters.length - seen.size,
    children: all.filter(({ cluster }) => seen.has(cluster)).map(childOf),
  };
}

const childOf = ({ cluster, id, state, reason, digest, grade, complete }: ChildRun) => ({
  cluster,
  id,
  state,
  reason: reason ?? null,
  digest: digest ?? null,
  grade: grade ?? null,
  complete: complete ?? null,
});
