import type { Database } from '@margay/sqlite';
import { type Confirmation, CONFIRMATIONS_MAX, type Confirmations } from './ledger.ts';

/** Beside a checkpoint, what others signed of it. */
export const LEDGER_CONFIRMATIONS = `
  CREATE TABLE log_confirmations (
    size INTEGER NOT NULL, confirmed_by TEXT NOT NULL, kind TEXT NOT NULL, checkpoint TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (size, confirmed_by)
  ) STRICT`;

/** What others signed, in the embedded database. */
export const embeddedConfirmations = (database: Database): Confirmations => ({
  async confirm({ size, by, kind, checkpoint, text }) {
    database.transaction(() =>
      database
        .sql(
          'INSERT OR IGNORE INTO log_confirmations (size, confirmed_by, kind, checkpoint, text) VALUES (?, ?, ?, ?, ?)',
        )
        .run(size, by, kind, checkpoint, text),
    );
  },

  async confirmations(size) {
    const rows = database.read(() =>
      database
        .sql(
          `SELECT size, confirmed_by AS "by", kind, checkpoint, text FROM log_confirmations
             WHERE size >= ? ORDER BY size, confirmed_by LIMIT ${CONFIRMATIONS_MAX}`,
        )
        .all(size),
    );
    return rows.map((row) => ({ ...row }) as unknown as Confirmation);
  },

  async lastConfirmed(by) {
    const row = database.read(() =>
      database.sql('SELECT max(size) AS size FROM log_confirmations WHERE confirmed_by = ?').get(by),
    ) as { readonly size: number | null };
    return row.size ?? 0;
  },
});
