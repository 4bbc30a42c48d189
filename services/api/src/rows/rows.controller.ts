import { Controller, Inject, Param, Query } from '@nestjs/common';
import {
  OPERATIONS,
  ROWS,
  type Answered,
  type RowKind,
  type Run,
  type RowsQuery,
} from '@margay/api-contract';
import { missing, refused } from '@margay/runtime';
import { TheRun } from '../access/asked.ts';
import { cursorOf, otherList, placeOf } from '../http/cursor.ts';
import { Serves } from '../http/serves.ts';
import { RunList } from '../runs/run-list.ts';
import { TABLES } from '../tokens.ts';
import { isRowKind, select, type Tables } from './tables.ts';

/** @throws Problem for a field that rows of the kind do not have: sorting and filtering by it would do nothing, or hide all. */
function checkFields(kind: RowKind, asked: readonly (string | undefined)[]): void {
  const fields = Object.keys(ROWS[kind].shape);
  const wrong = asked.find((field) => field !== undefined && !fields.includes(field));
  if (wrong !== undefined) throw refused(`${kind} have no field "${wrong}": they have ${fields.join(', ')}`);
}

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
    checkFields(kind, [sort?.replace(/^-/, ''), ...(where ?? []).map(([field]) => field)]);
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
