import type { CoverageMark } from '@margay/coverage';
import type { Database } from '../database/open.ts';
import type { Coverage } from './coverage.ts';

/** The tables of the embedded coverage. */
export const COVERAGE_TABLES = `
  CREATE TABLE marks (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, "from" INTEGER NOT NULL, "to" INTEGER NOT NULL, mark TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX marks_by_place ON marks (source, "from");
  CREATE INDEX marks_by_end ON marks (source, "to")`;

/** Coverage in the embedded database. */
export function embeddedCoverage(database: Database): Coverage {
  return {
    async append(marks) {
      database.transaction(() => {
        for (const mark of marks) {
          const { source, from, to, buckets, timeless, problems, problemsTotal } = mark;
          const text = JSON.stringify({ source, from, to, buckets, timeless, problems, problemsTotal });
          database
            .sql(
              `INSERT INTO marks (source, "from", "to", mark) VALUES (?, ?, ?, ?)
               ON CONFLICT DO UPDATE SET "to" = excluded."to", mark = excluded.mark WHERE excluded."to" > "to"`,
            )
            .run(source, from, to, text);
        }
      });
    },

    marks: async () =>
      database.read(() =>
        (database.sql('SELECT mark FROM marks ORDER BY source, "from"').all() as { mark: string }[]).map(
          ({ mark }) => JSON.parse(mark) as CoverageMark,
        ),
      ),

    position: async (source) =>
      database.read(() => {
        const { position } = database
          .sql('SELECT max("to") AS position FROM marks WHERE source = ?')
          .get(source) as {
          position: number | null;
        };
        return position ?? 0;
      }),
  };
}
