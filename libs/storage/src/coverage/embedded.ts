import type { CoverageMark } from '@margay/coverage';
import type { Database } from '../database/open.ts';
import type { Snapshots } from '../database/snapshots.ts';
import type { Coverage } from './coverage.ts';

/** The table of the embedded coverage. */
export const COVERAGE_TABLES = `
  CREATE TABLE coverage (
    source TEXT NOT NULL, "from" INTEGER NOT NULL, "to" INTEGER NOT NULL, mark TEXT NOT NULL,
    PRIMARY KEY (source, "from")
  ) STRICT`;

/** The coverage in the embedded database. */
export function embeddedCoverage(database: Database, snapshots: Snapshots): Coverage {
  const keep = ({ source, from, to, buckets, timeless, problems, problemsTotal }: CoverageMark) =>
    database
      .sql(
        `INSERT INTO coverage (source, "from", "to", mark) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET "to" = excluded."to", mark = excluded.mark WHERE excluded."to" > coverage."to"`,
      )
      .run(
        source,
        from,
        to,
        JSON.stringify({ source, from, to, buckets, timeless, problems, problemsTotal }),
      );

  return {
    append: async (marks) => database.transaction(() => marks.forEach(keep)),

    marks: async () => [
      ...snapshots.rows((sql) =>
        parsed(sql('SELECT mark FROM coverage ORDER BY source, "from"').iterate() as Iterable<never>),
      ),
    ],
  };
}

function* parsed(rows: Iterable<{ readonly mark: string }>): Generator<CoverageMark> {
  for (const { mark } of rows) yield JSON.parse(mark) as CoverageMark;
}
