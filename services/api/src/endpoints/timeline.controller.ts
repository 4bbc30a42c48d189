import { Controller, Inject, Query } from '@nestjs/common';
import { OPERATIONS, type Run, type Timeline } from '@margay/api-contract';
import { endpointKeyOf } from '@margay/policy';
import { missing } from '@margay/runtime';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { TheRun } from '../access/asked.ts';
import { Serves } from '../http/serves.ts';
import { contentOf } from '../runs/runs.ts';
import { RunList } from '../runs/run-list.ts';
import { timelineOf } from './timeline.ts';

/** The lives of endpoints. */
@Controller()
export class TimelineController {
  readonly #runs: RunList;
  readonly #stores: Stores;

  constructor(@Inject(RunList) runs: RunList, @Inject(STORES) stores: Stores) {
    this.#runs = runs;
    this.#stores = stores;
  }

  @Serves(OPERATIONS.timeline)
  async timeline(
    @TheRun('id') run: Run,
    @Query({ schema: OPERATIONS.timeline.query }) { endpoint }: { readonly endpoint: string },
  ): Promise<Timeline> {
    // By the networks that the report was computed with, whatever is set now.
    const header = await this.#runs.reportOf(run);
    const { privateNetworks } = contentOf(header).evidence;
    const key = endpointKeyOf(endpoint);
    const { start, end } = header;
    const timeline = key && (await timelineOf(this.#stores, key, { start, end }, privateNetworks));
    if (timeline === undefined) throw missing(`endpoint ${endpoint} in this window`);
    return timeline;
  }
}
