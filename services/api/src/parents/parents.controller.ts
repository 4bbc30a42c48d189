import { OPERATIONS, type ParentRun, type ParentRuns, type ParentRunsQuery } from '@margay/api-contract';
import type { ParentRecord } from '@margay/storage';
import { Controller, Inject, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Viewer } from '../access/access.ts';
import { Asking, TheParent } from '../access/asked.ts';
import { cursorOf, otherList, placeOf } from '../http/cursor.ts';
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
    @Query({ schema: OPERATIONS.parentRuns.query }) { report, cursor, limit }: ParentRunsQuery,
    @Req() request: FastifyRequest,
  ): Promise<ParentRuns> {
    const found = await this.#parents.visibleTo(viewer, report);
    const at = cursor === undefined ? -1 : found.findIndex(({ window: { id } }) => id === placeOf(cursor));
    if (cursor !== undefined && at < 0) throw otherList();
    const page = found.slice(at + 1, at + 1 + limit);
    const items = await this.#parents.told(page, viewer, request);
    const last = items.at(-1);
    const isLast = at + 1 + page.length >= found.length;
    return { items, total: found.length, next: last === undefined || isLast ? null : cursorOf(last.id) };
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
