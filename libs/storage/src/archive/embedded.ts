import type { Database } from '@margay/sqlite';
import { everyRow } from '../every-row.ts';
import { AlreadyArchived, type Archive, type ArchivedHeader, type KeptHeader } from './archive.ts';
import { cursorAfter, placeOf } from './cursor.ts';
import {
  checkedHeader,
  checkedRows,
  type HeaderColumns,
  headerDamage,
  isMisplaced,
  listedHeader,
  missingPart,
} from './damaged.ts';
import { byRevision, chained, sealed } from './digests.ts';

/** The tables of the embedded archive. */
export const ARCHIVE_TABLES = `
  CREATE TABLE parts (
    id INTEGER PRIMARY KEY, report_id TEXT NOT NULL, part INTEGER NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX parts_by_content ON parts (report_id, part, digest);
  CREATE TABLE headers (
    id TEXT PRIMARY KEY, report_name TEXT NOT NULL, report_type TEXT NOT NULL, "end" INTEGER NOT NULL,
    sequence INTEGER NOT NULL, header TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX headers_by_sequence ON headers (report_name, sequence);
  CREATE INDEX headers_by_end ON headers ("end", id)`;

/** The columns of `keptIn`: numbers as the nearest that JavaScript has, so that one that is greater than any is read, too. */
export const LISTED =
  'id, report_name, report_type, CAST("end" AS REAL) AS ends, CAST(sequence AS REAL) AS number, header';

/** The ends that JavaScript has exactly: of what ends elsewhere no list can go on. No report does. */
export const LISTABLE = `"end" BETWEEN ${Number.MIN_SAFE_INTEGER} AND ${Number.MAX_SAFE_INTEGER}`;

const columnsOf = (row: Record<string, unknown>): HeaderColumns => ({
  id: row.id as string,
  reportName: row.report_name as string,
  reportType: row.report_type as string,
  end: row.ends as number,
  sequence: row.number as number,
});

/** A header as lists have it. */
const listed = (row: Record<string, unknown>): ArchivedHeader =>
  listedHeader(row.header as string, columnsOf(row));

export const keptIn = (row: Record<string, unknown>): KeptHeader => {
  const header = listed(row);
  return { header, isMisplaced: isMisplaced(header, columnsOf(row)) };
};

const PAGE_MAX = 100;
/** Behind every end that is listed. */
const LAST = { end: Number.MAX_SAFE_INTEGER + 1, id: '' };

/** The archive in the embedded database. */
export function embeddedArchive(database: Database): Archive {
  const header = (id: string): ArchivedHeader | undefined => {
    const row = database.sql('SELECT header FROM headers WHERE id = ?').get(id);
    return row && checkedHeader(row.header as string, id);
  };
  const body = (id: string, part: number, digest: string): string | undefined =>
    (
      database
        .sql('SELECT body FROM parts WHERE report_id = ? AND part = ? AND digest = ?')
        .get(id, part, digest) as { body: string } | undefined
    )?.body;

  const rowsOf = (id: string, part: number, digest: string): readonly unknown[] =>
    database.read(() => {
      const text = body(id, part, digest);
      if (text === undefined) throw missingPart(id, part);
      return checkedRows(text, digest, id, part);
    });

  return {
    async appendPart(part) {
      const { text, entry } = sealed(part);
      database.transaction(() =>
        database
          .sql('INSERT INTO parts (report_id, part, digest, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
          .run(part.reportId, part.part, entry.digest, text),
      );
      return entry;
    },

    async complete(report) {
      return database.transaction(() => {
        const kept = header(report.id);
        if (kept !== undefined) {
          if (kept.digest !== report.digest) throw new AlreadyArchived(kept, report.digest);
          return kept;
        }
        for (const [part, { digest }] of report.parts.entries()) {
          if (body(report.id, part, digest) === undefined) throw missing(report.id, part);
        }
        const last = database
          .sql(`SELECT ${LISTED} FROM headers WHERE report_name = ? ORDER BY sequence DESC LIMIT 1`)
          .get(report.reportName);
        const archived = chained(report, last && listed(last));
        const { id, reportName, reportType, end, sequence } = archived;
        database
          .sql(
            'INSERT INTO headers (id, report_name, report_type, "end", sequence, header) VALUES (?, ?, ?, ?, ?, ?)',
          )
          .run(id, reportName, reportType, end, sequence, JSON.stringify(archived));
        // What interrupted attempts left behind is no part of the report.
        const digests = JSON.stringify(report.parts.map(({ digest }) => digest));
        database
          .sql('DELETE FROM parts WHERE report_id = ? AND digest NOT IN (SELECT value FROM json_each(?))')
          .run(id, digests);
        return archived;
      });
    },

    header: async (id) => database.read(() => header(id)),

    revisions: async (reportName, { start, end }) =>
      database.read(() =>
        database
          .sql(`SELECT ${LISTED} FROM headers WHERE "end" = ? AND report_name = ?`)
          .all(end, reportName)
          .map(listed)
          // What one that was changed says of its start says nothing: it may be of the window.
          .filter((each) => each.start === start || headerDamage(each) !== undefined)
          .sort(byRevision),
      ),

    async headers({ reportName, reportType, limit = PAGE_MAX, cursor } = {}) {
      const { end, id } = cursor === undefined ? LAST : placeOf(cursor);
      const rows = database.read(() =>
        database
          .sql(
            `SELECT ${LISTED} FROM headers
             WHERE (?1 IS NULL OR report_name = ?1) AND (?2 IS NULL OR report_type = ?2) AND ("end", id) < (?3, ?4)
               AND ${LISTABLE}
             ORDER BY "end" DESC, id DESC LIMIT ?5`,
          )
          .all(reportName ?? null, reportType ?? null, end, id, limit + 1),
      );
      const page = rows.slice(0, limit);
      // By the columns: what a header says of itself may have been changed.
      const last = page.at(-1);
      return {
        headers: page.map(listed),
        ...(rows.length > limit && last !== undefined && { next: cursorAfter(columnsOf(last)) }),
      };
    },

    async *all() {
      for await (const row of everyRow(database, 'headers', LISTED)) yield keptIn(row);
    },

    newest: async () =>
      database.read(() =>
        database
          .sql(
            `SELECT ${LISTED} FROM headers JOIN (
               SELECT report_name AS name, max(sequence) AS last FROM headers GROUP BY report_name
             ) ON report_name = name AND sequence = last ORDER BY name`,
          )
          .all()
          .map(listed),
      ),

    async part(id, part) {
      const entry = database.read(() => header(id))?.parts[part];
      return entry && rowsOf(id, part, entry.digest);
    },

    async *parts(id, wanted) {
      const parts = database.read(() => header(id))?.parts ?? [];
      for (const [part, { kind, digest }] of parts.entries()) {
        if (wanted === undefined || kind === wanted) yield rowsOf(id, part, digest);
      }
    },
  };
}

function missing(reportId: string, part: number): Error {
  return new Error(`Part ${part} of report ${reportId} is not in the archive: compute the report again.`);
}
