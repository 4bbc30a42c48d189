import { distantMark, extentOf, reachOf, restOf, type CoverageMark } from '@margay/coverage';
import type { Database } from '@margay/sqlite';
import { byPlace, type Coverage } from './coverage.ts';

/** The tables of the embedded coverage. */
export const COVERAGE_TABLES = `
  CREATE TABLE marks (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, "from" INTEGER NOT NULL, "to" INTEGER NOT NULL, mark TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX marks_by_place ON marks (source, "from");
  CREATE INDEX marks_by_end ON marks (source, "to")`;

/**
 * What windows are told of marks that are far from them. Marks that are there already get a rest with all their
 * problems, of which the ones with a time are left out when it is read.
 */
export const COVERAGE_DISTANCE = `
  ALTER TABLE marks ADD COLUMN first INTEGER;
  ALTER TABLE marks ADD COLUMN last INTEGER;
  ALTER TABLE marks ADD COLUMN rest TEXT;
  UPDATE marks SET
    first = (SELECT min(json_extract(value, '$.first')) FROM json_each(mark, '$.buckets')),
    last = (SELECT max(json_extract(value, '$.last')) FROM json_each(mark, '$.buckets')),
    rest = CASE WHEN json_extract(mark, '$.problemsTotal') = 0 AND json_extract(mark, '$.timeless') = '{}' THEN NULL ELSE mark END;
  CREATE INDEX marks_by_extent ON marks (last, first)`;

/** Coverage in the embedded database. */
export function embeddedCoverage(database: Database): Coverage {
  return {
    async append(marks) {
      database.transaction(() => {
        for (const mark of marks) {
          const { source, from, to, buckets, timeless, problems, problemsTotal } = mark;
          const extent = extentOf(mark);
          const rest = restOf(mark);
          const text = JSON.stringify({ source, from, to, buckets, timeless, problems, problemsTotal });
          database
            .sql(
              `INSERT INTO marks (source, "from", "to", mark, first, last, rest) VALUES (?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT DO UPDATE SET "to" = excluded."to", mark = excluded.mark, first = excluded.first,
                 last = excluded.last, rest = excluded.rest
               WHERE excluded."to" > "to"`,
            )
            .run(
              source,
              from,
              to,
              text,
              extent?.first ?? null,
              extent?.last ?? null,
              rest ? JSON.stringify(rest) : null,
            );
        }
      });
    },

    marks: async (window) =>
      database.read(() => {
        if (window === undefined)
          return (
            database.sql('SELECT mark FROM marks ORDER BY source, "from"').all() as { mark: string }[]
          ).map(({ mark }) => JSON.parse(mark) as CoverageMark);
        const { lastFrom, firstBefore } = reachOf(window);
        const near = database
          .sql('SELECT mark FROM marks WHERE last >= ? AND first < ? ORDER BY source, "from"')
          .all(lastFrom, firstBefore) as { mark: string }[];
        const isFar = 'NOT (last IS NOT NULL AND last >= ? AND first < ?)';
        const sums = database
          .sql(
            `SELECT source, sum("to" - "from") AS lines, min(first) AS first, max(last) AS last
             FROM marks WHERE ${isFar} GROUP BY source`,
          )
          .all(lastFrom, firstBefore) as {
          source: string;
          lines: number;
          first: number | null;
          last: number | null;
        }[];
        const rests = database
          .sql(`SELECT source, rest FROM marks WHERE rest IS NOT NULL AND ${isFar} ORDER BY source, "from"`)
          .all(lastFrom, firstBefore) as { source: string; rest: string }[];
        const restsOf = Map.groupBy(rests, ({ source }) => source);
        const far = sums.map(({ source, lines, first, last }) =>
          distantMark({
            source,
            lines,
            ...(first !== null && last !== null && { first, last }),
            rests: (restsOf.get(source) ?? []).flatMap(
              ({ rest }) => restOf(JSON.parse(rest) as CoverageMark) ?? [],
            ),
          }),
        );
        return [...near.map(({ mark }) => JSON.parse(mark) as CoverageMark), ...far].sort(byPlace);
      }),

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
