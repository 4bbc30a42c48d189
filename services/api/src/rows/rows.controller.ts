import { Controller, Inject, Param, Query } from '@nestjs/common';
import { OPERATIONS, type Answered, type Run, type RowsQuery } from '@margay/api-contract';
import { missing } from '@margay/runtime';
import { TheRun } from '../access/asked.ts';
import { cursorOf, otherList, placeOf } from '../http/cursor.ts';
import { Serves } from '../http/serves.ts';
import { RunList } from '../runs/run-list.ts';
import { TABLES } from '../tokens.ts';
import { isRowKind, select, type Tables } from './tables.ts';

/** The rows of an archived report, filtered and sorted where they are. */
@Controller()
export class RowsController {
  readonly #runs: RunList;
  readonly #tables: Tables;

  constructor(@Inject(RunList) runs: RunList, @Inject(TABLES) tables: Tables) {
    this.#runs = runs;
    this.#tables = tables;
  }

  @Serves(OPERATIONS.rows)
  async list(
    @TheRun('id') run: Run,
    @Param('kind') kind: string,
    @Query({ schema: OPERATIONS.rows.query }) query: RowsQuery,
  ): Promise<Answered<typeof OPERATIONS.rows>> {
    const header = await this.#runs.reportOf(run);
    if (!isRowKind(kind)) throw missing(`kind of rows called ${kind}`);
    const table = await this.#tables(header.id, kind);
    const { filter, where, sort, limit, offset, cursor } = query;
    const found = select(table, {
      ...(filter !== undefined && { text: filter }),
      ...(where !== undefined && { where }),
      ...(sort !== undefined && { sort }),
    });
    const from = offset ?? (cursor === undefined ? 0 : Number(placeOf(cursor)));
    if (!Number.isSafeInteger(from) || from < 0) throw otherList();
    const items = found.slice(from, from + limit);
    const next = from + items.length;
    return {
      items,
      total: found.length,
      of: table.rows.length,
      next: next < found.length ? cursorOf(String(next)) : null,
    };
  }
}
