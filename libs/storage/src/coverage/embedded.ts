import {
  Deliveries,
  extentOf,
  outlineOf,
  reachOf,
  type CoverageMark,
  type Outline,
  type Rest,
} from '@margay/coverage';
import type { Database } from '@margay/sqlite';
import { arrivalNotes } from '../arrivals/embedded.ts';
import type { Coverage } from './coverage.ts';
import { markText } from './mark-text.ts';

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

/**
 * What of a mark matters to every window, apart: it is read for each report. Marks that are there already get a rest with all
 * their problems, of which the ones with a time are left out when it is read.
 */
export const COVERAGE_OUTLINES = `
  CREATE TABLE outlines (
    source TEXT NOT NULL, "from" INTEGER NOT NULL, "to" INTEGER NOT NULL, beats TEXT NOT NULL, rest TEXT,
    PRIMARY KEY (source, "from")
  ) STRICT, WITHOUT ROWID;
  INSERT INTO outlines
    SELECT source, "from", "to",
      (SELECT json_group_array(json_array(json_extract(value, '$.first'), json_extract(value, '$.last')))
       FROM json_each(mark, '$.buckets')),
      rest
    FROM marks;
  ALTER TABLE marks DROP COLUMN rest`;

/** Canaries matter to every window. */
export const COVERAGE_CANARIES = 'ALTER TABLE outlines ADD COLUMN canaries TEXT';

/** How many events a minute had, behind its first and last event; those in which nothing was heard are left out. */
export const COVERAGE_EVENTS = `
  UPDATE outlines SET beats = (
    SELECT json_group_array(json_array(
      json_extract(bucket.value, '$.first'), json_extract(bucket.value, '$.last'),
      (SELECT sum(outcome.value) FROM json_each(bucket.value, '$.counts') outcome)
    ))
    FROM marks, json_each(marks.mark, '$.buckets') bucket
    WHERE marks.source = outlines.source AND marks."from" = outlines."from"
      AND EXISTS (SELECT 1 FROM json_each(bucket.value, '$.counts') outcome WHERE outcome.key <> 'doubtful:unwatched')
  )`;

/** Which file a log was written to before: see `CoverageMark`. */
export const COVERAGE_ORDER = 'ALTER TABLE outlines ADD COLUMN goes_on_from TEXT';

/** Which times came twice: see `CoverageMark`. */
export const COVERAGE_SET_BACK = 'ALTER TABLE outlines ADD COLUMN set_back TEXT';

/** Coverage in the embedded database. */
export function embeddedCoverage(database: Database): Coverage {
  return {
    async append(marks) {
      database.transaction(() => {
        const arrived = arrivalNotes(database);
        for (const mark of marks) keepMark(database, mark, arrived);
      }, 'later');
    },

    marks: async (window) =>
      database.read(() => {
        const found =
          window === undefined
            ? database.sql('SELECT mark FROM marks ORDER BY source, "from"').all()
            : database
                .sql('SELECT mark FROM marks WHERE last >= ? AND first < ? ORDER BY source, "from"')
                .all(reachOf(window).lastFrom, reachOf(window).firstBefore);
        return (found as { mark: string }[]).map(({ mark }) => JSON.parse(mark) as CoverageMark);
      }),

    deliveries: async (until) =>
      database.read(() => {
        const deliveries = new Deliveries(until);
        const outlines = database.sql('SELECT * FROM outlines ORDER BY source, "from"').iterate();
        for (const row of outlines as Iterable<OutlineRow>) deliveries.add(outlineFrom(row));
        return deliveries.all();
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

    positions: async () =>
      database.read(() => {
        // From source to source by the index: there are few of them, and many marks.
        const rows = database
          .sql(
            `WITH RECURSIVE each(source) AS (
               SELECT min(source) FROM marks
               UNION ALL SELECT (SELECT min(source) FROM marks WHERE source > each.source) FROM each
                 WHERE each.source IS NOT NULL)
             SELECT source, (SELECT max("to") FROM marks WHERE marks.source = each.source) AS position
             FROM each WHERE source IS NOT NULL`,
          )
          .all() as unknown as { source: string; position: number }[];
        return new Map(rows.map(({ source, position }) => [source, position]));
      }),
  };
}

/** @param arrived is told of what is new. */
function keepMark(database: Database, mark: CoverageMark, arrived: ReturnType<typeof arrivalNotes>): void {
  const { source, from, to } = mark;
  const extent = extentOf(mark);
  const { goesOnFrom, beats, rest, canaries: told, setBack } = outlineOf(mark);
  const { changes } = database
    .sql(
      `INSERT INTO marks (source, "from", "to", mark, first, last) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET "to" = excluded."to", mark = excluded.mark, first = excluded.first,
         last = excluded.last
       WHERE excluded."to" > "to"`,
    )
    .run(source, from, to, markText(mark), extent?.first ?? null, extent?.last ?? null);
  if (changes === 1 && extent !== undefined) arrived({ kind: 'delivery', ...extent });
  database
    .sql(
      `INSERT INTO outlines (source, "from", "to", beats, rest, canaries, goes_on_from, set_back) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET "to" = excluded."to", beats = excluded.beats, rest = excluded.rest,
         canaries = excluded.canaries, goes_on_from = excluded.goes_on_from, set_back = excluded.set_back
       WHERE excluded."to" > "to"`,
    )
    .run(
      source,
      from,
      to,
      JSON.stringify(beats),
      rest ? JSON.stringify(rest) : null,
      told ? JSON.stringify(told) : null,
      goesOnFrom ?? null,
      setBack ? JSON.stringify(setBack) : null,
    );
}

interface OutlineRow {
  readonly source: string;
  readonly from: number;
  readonly to: number;
  readonly beats: string;
  readonly rest: string | null;
  readonly canaries: string | null;
  readonly goes_on_from: string | null;
  readonly set_back: string | null;
}

function outlineFrom(row: OutlineRow): Outline {
  const { source, from, to, beats, rest, canaries, goes_on_from: goesOnFrom, set_back: setBack } = row;
  const known = rest === null ? undefined : (JSON.parse(rest) as Rest);
  return {
    source,
    ...(goesOnFrom !== null && { goesOnFrom }),
    from,
    to,
    beats: JSON.parse(beats) as Outline['beats'],
    ...(known && { rest: { ...known, problems: known.problems.filter(({ at }) => at === undefined) } }),
    ...(canaries !== null && { canaries: JSON.parse(canaries) as NonNullable<Outline['canaries']> }),
    ...(setBack !== null && { setBack: JSON.parse(setBack) as NonNullable<Outline['setBack']> }),
  };
}
