import type { ReportWindow } from '@margay/contracts';
import type { Instant } from '@margay/ground';
import type { Database } from '@margay/sqlite';
import { byName, LIST_MAX, STATES, type KnownReport, type WindowRecord, type Windows } from './windows.ts';

/** The tables of the embedded windows. */
export const WINDOW_TABLES = `
  CREATE TABLE windows (
    id TEXT PRIMARY KEY, report_name TEXT NOT NULL, "end" INTEGER NOT NULL, manual INTEGER NOT NULL,
    window TEXT NOT NULL, state INTEGER NOT NULL, attempt INTEGER NOT NULL, reason TEXT,
    emitted_at INTEGER NOT NULL, changed_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX windows_by_report ON windows (report_name, "end");
  CREATE INDEX windows_by_end ON windows ("end");
  CREATE TABLE report_names (name TEXT PRIMARY KEY, appeared INTEGER NOT NULL) STRICT, WITHOUT ROWID`;

/** The GlobalReports that there are, and the starts of windows in order. */
export const WINDOW_REPORTS = `
  CREATE TABLE global_reports (name TEXT PRIMARY KEY, report TEXT NOT NULL) STRICT, WITHOUT ROWID`;

/** States as numbers: their places in {@link STATES}. */
const EMITTED = 0;
const RUNNING = 1;
const FAILED = 2;
const COMPLETED = 3;

interface WindowRow {
  readonly window: string;
  readonly state: number;
  readonly attempt: number;
  readonly reason: string | null;
  readonly emitted_at: number;
  readonly changed_at: number;
}

/** Windows in the embedded database. */
export function embeddedWindows(database: Database): Windows {
  const move = (id: string, state: number, attempt: number, reason: string | null, at: Instant) => {
    database.transaction(() => {
      database
        .sql(
          `UPDATE windows SET state = ?2, attempt = max(attempt, ?3), reason = ?4, changed_at = ?5
           WHERE id = ?1 AND state < ${COMPLETED}
             AND (?2 = ${COMPLETED} OR ?3 > attempt OR (?3 = attempt AND ?2 > state))`,
        )
        .run(id, state, attempt, reason, at);
    });
  };

  return {
    async appeared(reportName, at) {
      const { appeared } = database.transaction(() => {
        database
          .sql('INSERT INTO report_names (name, appeared) VALUES (?, ?) ON CONFLICT DO NOTHING')
          .run(reportName, at);
        return database.sql('SELECT appeared FROM report_names WHERE name = ?').get(reportName);
      }) as { appeared: Instant };
      return appeared;
    },

    async emit(windows, at) {
      const insert = ({ id, reportName, end, manual, ...window }: ReportWindow) =>
        database
          .sql(
            `INSERT INTO windows (id, report_name, "end", manual, window, state, attempt, emitted_at, changed_at)
               VALUES (?, ?, ?, ?, ?, ${EMITTED}, 0, ?, ?) ON CONFLICT DO NOTHING`,
          )
          .run(
            id,
            reportName,
            end,
            manual ? 1 : 0,
            JSON.stringify({ id, reportName, end, manual, ...window }),
            at,
            at,
          ).changes === 1;
      return database.transaction(() => windows.filter(insert));
    },

    again: async (id, at) =>
      database.transaction(() => {
        database
          .sql(
            `UPDATE windows SET state = ${EMITTED}, attempt = 0, reason = NULL, emitted_at = ?2, changed_at = ?2
             WHERE id = ?1 AND state = ${FAILED}`,
          )
          .run(id, at);
      }),

    begin: async (id, attempt, at) => move(id, RUNNING, attempt, null, at),
    complete: async (id, at) => move(id, COMPLETED, 0, null, at),
    fail: async (id, reason, attempts, at) => move(id, FAILED, attempts, reason, at),

    get: async (id) =>
      database.read(() => {
        const row = database.sql('SELECT * FROM windows WHERE id = ?').get(id) as unknown as
          WindowRow | undefined;
        return row && recordOf(row);
      }),

    list: async ({
      reportName,
      reportNames,
      states = STATES,
      parents = false,
      limit = LIST_MAX,
      after,
    } = {}) =>
      database.read(() =>
        (
          database
            .sql(
              `SELECT * FROM windows WHERE (?1 IS NULL OR report_name = ?1)
                 AND state IN (SELECT value FROM json_each(?2))
                 AND (?4 = 0 OR json_type(window, '$.clusters') IS NOT NULL)
                 AND (?5 IS NULL OR report_name IN (SELECT value FROM json_each(?5)))
                 AND (?6 IS NULL OR "end" < ?6 OR ("end" = ?6 AND id > ?7)) ORDER BY "end" DESC, id LIMIT ?3`,
            )
            .all(
              reportName ?? null,
              JSON.stringify(states.map((state) => STATES.indexOf(state))),
              limit,
              parents ? 1 : 0,
              reportNames === undefined ? null : JSON.stringify(reportNames),
              after?.end ?? null,
              after?.id ?? null,
            ) as unknown as WindowRow[]
        ).map(recordOf),
      ),

    parentReports: async () =>
      database.read(() => {
        const counted = database
          .sql(
            `SELECT report_name AS name, count(*) AS runs FROM windows
             WHERE json_type(window, '$.clusters') IS NOT NULL GROUP BY report_name`,
          )
          .all() as unknown as { name: string; runs: number }[];
        return new Map(counted.map(({ name, runs }) => [name, runs]));
      }),

    lastEnd: async (reportName) =>
      database.read(() => {
        const { last } = database
          .sql('SELECT max("end") AS last FROM windows WHERE report_name = ? AND manual = 0')
          .get(reportName) as { last: Instant | null };
        return last ?? undefined;
      }),

    firstStart: async (reportName) =>
      database.read(() => {
        const { first } = database
          .sql(
            `SELECT min(json_extract(window, '$.start')) AS first FROM windows WHERE report_name = ? AND manual = 0`,
          )
          .get(reportName) as { first: Instant | null };
        return first ?? undefined;
      }),

    active: async (reportName) =>
      database.read(() => {
        const { count } = database
          .sql(
            `SELECT count(*) AS count FROM windows WHERE report_name = ? AND manual = 0 AND state < ${FAILED}`,
          )
          .get(reportName) as { count: number };
        return count;
      }),

    keepReports: async (reports) =>
      database.transaction(() => {
        database.sql('DELETE FROM global_reports').run();
        for (const report of reports)
          database
            .sql('INSERT INTO global_reports (name, report) VALUES (?, ?)')
            .run(report.name, JSON.stringify(report));
      }),

    reports: async () =>
      database.read(() =>
        database
          .sql('SELECT report FROM global_reports')
          .all()
          .map(({ report }) => JSON.parse(report as string) as KnownReport)
          .sort(byName),
      ),
  };
}

function recordOf(row: WindowRow): WindowRecord {
  return {
    window: JSON.parse(row.window) as ReportWindow,
    state: STATES[row.state] ?? 'emitted',
    attempt: row.attempt,
    ...(row.reason !== null && { reason: row.reason }),
    emittedAt: row.emitted_at,
    changedAt: row.changed_at,
  };
}
