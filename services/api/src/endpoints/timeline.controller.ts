import { Controller, Inject, Query } from '@nestjs/common';
import { OPERATIONS, type Run, type Timeline } from '@margay/api-contract';
import { endpointKeyOf, type Scope } from '@margay/policy';
import { hasScope } from '@margay/reports';
import { missing, Problem } from '@margay/runtime';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { Viewer } from '../access/access.ts';
import { Asking, TheRun, type ExportedScope } from '../access/asked.ts';
import { ExportableScope } from '../access/exportable-scope.ts';
import { Serves } from '../http/serves.ts';
import { contentOf } from '../runs/runs.ts';
import { RunList } from '../runs/run-list.ts';
import { timelineOf } from './timeline.ts';

/** The lives of endpoints. */
@Controller()
export class TimelineController {
  readonly #runs: RunList;
  readonly #scope: ExportableScope;
  readonly #stores: Stores;

  constructor(
    @Inject(RunList) runs: RunList,
    @Inject(ExportableScope) scope: ExportableScope,
    @Inject(STORES) stores: Stores,
  ) {
    this.#runs = runs;
    this.#scope = scope;
    this.#stores = stores;
  }

  @Serves(OPERATIONS.timeline)
  async timeline(
    @Asking() viewer: Viewer,
    @TheRun('id') run: Run,
    @Query({ schema: OPERATIONS.timeline.query }) { endpoint }: { readonly endpoint: string },
  ): Promise<Timeline> {
    // By the networks that the report was computed with, whatever is set now.
    const header = await this.#runs.reportOf(run);
    const {
      reportSpec,
      evidence: { privateNetworks },
    } = contentOf(header);
    const scope: ExportedScope = hasScope(reportSpec)
      ? withScope(reportSpec.endpoints ?? {}, await this.#scope.of(viewer))
      : 'all';
    const key = endpointKeyOf(endpoint);
    const { start, end } = header;
    const options = { privateNetworks, ...(scope !== 'all' && { scope }) };
    const timeline = key && (await timelineOf(this.#stores, key, { start, end }, options));
    if (timeline !== undefined) return timeline;
    if (scope === 'all') throw missing(`endpoint ${endpoint} in this window`);
    // Whether there was such an endpoint outside of the scope is not told.
    throw new Problem(
      403,
      'Forbidden',
      `${endpoint} is in this window in no scope of a report that ${viewer.name} may export: it needs the permission to get globalreports, and to get globalreporttypes, of a report whose scope has it`,
    );
  }
}

const withScope = (own: Scope, others: ExportedScope): ExportedScope =>
  others === 'all' ? others : [own, ...others];
