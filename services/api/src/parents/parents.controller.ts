import { OPERATIONS, type ParentRun, type ParentRuns, type ParentRunsQuery } from '@margay/api-contract';
import type { ParentRecord } from '@margay/storage';
import { Controller, Inject, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Viewer } from '../access/access.ts';
import { Asking, TheParent } from '../access/asked.ts';
import { Serves } from '../http/serves.ts';
import { ParentRunList } from './parent-run-list.ts';

/** Runs of GlobalReports over many clusters. */
@Controller()
export class ParentsController {
  readonly #parents: ParentRunList;

  constructor(@Inject(ParentRunList) parents: ParentRunList) {
    this.#parents = parents;
  }

  @Serves(OPERATIONS.parentRuns)
  async list(
    @Asking() viewer: Viewer,
    @Query({ schema: OPERATIONS.parentRuns.query }) query: ParentRunsQuery,
    @Req() request: FastifyRequest,
  ): Promise<ParentRuns> {
    const { records, ...rest } = await this.#parents.visibleTo(viewer, query);
    return { items: await this.#parents.told(records, viewer, request), ...rest };
  }

  @Serves(OPERATIONS.parentRun)
  async one(
    @Asking() viewer: Viewer,
    @TheParent() record: ParentRecord,
    @Req() request: FastifyRequest,
  ): Promise<ParentRun> {
    const [told] = await this.#parents.told([record], viewer, request);
    return told!;
  }
}
