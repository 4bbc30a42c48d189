import type { Database } from '@margay/sqlite';

/** Rows with one answer. */
const PAGE = 256;
/** The least that a rowid can be. */
const LEAST = '-9223372036854775808';

/**
 * Every row of a table, by its rowid: nothing that stands in a column keeps one out. Rowids are texts here, since they may be greater than any number
 * that JavaScript has exactly.
 *
 * @param columns as SQL; numbers that somebody may have written are to be read as REAL.
 */
export async function* everyRow(
  database: Database,
  table: string,
  columns: string,
): AsyncGenerator<Record<string, unknown>> {
  for (let [from, after] = ['>=', LEAST]; ;) {
    const rows = database.read(() =>
      database
        .sql(
          `SELECT CAST(rowid AS TEXT) AS place, ${columns} FROM ${table}
           WHERE rowid ${from} CAST(? AS INTEGER) ORDER BY rowid LIMIT ${PAGE}`,
        )
        .all(after),
    );
    yield* rows;
    if (rows.length < PAGE) return;
    [from, after] = ['>', rows.at(-1)!.place as string];
  }
}
