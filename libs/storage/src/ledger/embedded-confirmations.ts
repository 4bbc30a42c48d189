import type { Database } from '@margay/sqlite';
import { everyRow } from '../every-row.ts';
import { type Confirmation, CONFIRMATIONS_MAX, type Confirmations, LAST_CONFIRMED_MAX } from './ledger.ts';

/** Beside a checkpoint, what others signed of it. */
export const LEDGER_CONFIRMATIONS = `
  CREATE TABLE log_confirmations (
    size INTEGER NOT NULL, confirmed_by TEXT NOT NULL, kind TEXT NOT NULL, checkpoint TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (size, confirmed_by)
  ) STRICT`;

/** A size that is greater than any is read as the nearest that JavaScript has. */
const COLUMNS = 'CAST(size AS REAL) AS entries, confirmed_by AS "by", kind, checkpoint, text';

const confirmationIn = (row: Record<string, unknown>): Confirmation => {
  const { entries, by, kind, checkpoint, text } = row as unknown as Omit<Confirmation, 'size'> & {
    readonly entries: number;
  };
  return { size: entries, by, kind, checkpoint, text };
};

/** What others signed, in the embedded database. */
export const embeddedConfirmations = (database: Database): Confirmations => ({
  async confirm({ size, by, kind, checkpoint, text }) {
    database.transaction(() =>
      database
        .sql(
          'REPLACE INTO log_confirmations (size, confirmed_by, kind, checkpoint, text) VALUES (?, ?, ?, ?, ?)',
        )
        .run(size, by, kind, checkpoint, text),
    );
  },

  async confirmations(size, after = '') {
    const rows = database.read(() =>
      database
        .sql(
          `SELECT ${COLUMNS} FROM log_confirmations
             WHERE (size, confirmed_by) > (?, ?) ORDER BY size, confirmed_by LIMIT ${CONFIRMATIONS_MAX}`,
        )
        .all(size, after),
    );
    return rows.map(confirmationIn);
  },

  async *allConfirmations() {
    for await (const row of everyRow(database, 'log_confirmations', COLUMNS)) yield confirmationIn(row);
  },

  async lastConfirmed(by, size) {
    const rows = database.read(() =>
      database
        .sql(
          `SELECT ${COLUMNS} FROM log_confirmations
             WHERE confirmed_by = ? AND size <= ? ORDER BY size DESC LIMIT ${LAST_CONFIRMED_MAX}`,
        )
        .all(by, size),
    );
    return rows.map(confirmationIn);
  },
});
