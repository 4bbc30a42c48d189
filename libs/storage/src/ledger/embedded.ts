import { HASH_BYTES, type TilePlace } from '@margay/ledger';
import type { Database } from '@margay/sqlite';
import type { ArchivedHeader } from '../archive/archive.ts';
import { headerDamage } from '../archive/damaged.ts';
import { keptIn, LISTABLE, LISTED } from '../archive/embedded.ts';
import { embeddedConfirmations } from './embedded-confirmations.ts';
import { BEHIND_KEYS, OF_KEYS } from './key-changes.ts';
import { besideTheLog, lacking, type Ledger, type LogGrowth, type LogHead } from './ledger.ts';

/** The tables of the embedded log. */
export const LEDGER_TABLES = `
  CREATE TABLE log_head (
    id INTEGER PRIMARY KEY CHECK (id = 0), size INTEGER NOT NULL, checkpoint TEXT NOT NULL, key TEXT NOT NULL
  ) STRICT;
  CREATE TABLE log_entries (number INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, entry BLOB NOT NULL) STRICT;
  CREATE TABLE log_tiles (
    level INTEGER NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (level, number)
  ) STRICT`;

/** Beside an entry, what was signed of the report's evidence. */
export const LEDGER_STATEMENTS = 'ALTER TABLE log_entries ADD COLUMN statement TEXT';

/** So many reports are looked for at once. */
const PAGE = 256;
const FIRST = { end: Number.MIN_SAFE_INTEGER, id: '' };

/** The log in the embedded database. */
export function embeddedLedger(database: Database): Ledger {
  const head = () => headIn(database);
  const missing = missingIn(database);

  return {
    head: async () => database.read(head),

    tiles: async (places) => database.read(() => places.map((place) => tileAt(database, place))),

    async entries(from, to) {
      const rows = database.read(() =>
        database
          .sql('SELECT entry FROM log_entries WHERE number >= ? AND number < ? ORDER BY number')
          .all(from, to),
      ) as unknown as readonly { readonly entry: Uint8Array }[];
      if (rows.length < to - from) throw lacking(`some of the entries ${from} to ${to - 1}`);
      return rows.map(({ entry }) => entry);
    },

    missing: async () => database.read(missing),

    // Everything is kept once.
    differing: async () => {
      const count = database.read(() => countBeside(database, head()?.size ?? 0));
      return count === 0 ? [] : [besideTheLog(count)];
    },

    async statement(number) {
      const row = database.read(() =>
        database.sql('SELECT statement FROM log_entries WHERE number = ?').get(number),
      ) as { readonly statement: string | null } | undefined;
      return row?.statement ?? undefined;
    },

    async numbersOf(runs) {
      const rows = database.read(() =>
        database
          .sql(
            `SELECT run, number FROM log_entries
             WHERE run IN (SELECT value FROM json_each(?)) AND number >= 0 AND number < ?`,
          )
          .all(JSON.stringify(runs), head()?.size ?? 0),
      ) as unknown as readonly { readonly run: string; readonly number: number }[];
      return new Map(rows.map(({ run, number }) => [run, number]));
    },

    async numbersOfKeys() {
      // By the index of runs: the plus keeps SQLite from looking at every entry between the two numbers.
      const rows = database.read(() =>
        database
          .sql(
            `SELECT number FROM log_entries
             WHERE run >= '${OF_KEYS}' AND run < '${BEHIND_KEYS}' AND +number >= 0 AND +number < ? ORDER BY +number`,
          )
          .all(head()?.size ?? 0),
      ) as unknown as readonly { readonly number: number }[];
      return rows.map(({ number }) => number);
    },

    grow: async (before, growth) => database.transaction(() => grow(database, before, growth)),

    ...embeddedConfirmations(database),
    unlogged: () => unlogged(database),
  };
}

function headIn(database: Database): LogHead | undefined {
  const row = database.sql('SELECT size, checkpoint, key FROM log_head').get();
  return row && ({ ...row } as unknown as LogHead);
}

/** How many entries are kept that a log of this size does not have. */
function countBeside(database: Database, size: number): number {
  const { count } = database
    .sql('SELECT count(*) AS count FROM log_entries WHERE number < 0 OR number >= ?')
    .get(size) as { readonly count: number };
  return count;
}

/** False where somebody else appended. */
function grow(database: Database, before: number, { head, entries, tiles }: LogGrowth): boolean {
  if ((headIn(database)?.size ?? 0) !== before) return false;
  // What somebody wrote beside the log stands in nobody's way.
  database.sql('DELETE FROM log_entries WHERE number < 0 OR number >= ?').run(before);
  for (const [i, { run, bytes, statement = null }] of entries.entries())
    database
      .sql('INSERT INTO log_entries (number, run, entry, statement) VALUES (?, ?, ?, ?)')
      .run(before + i, run, bytes, statement);
  for (const { level, index, bytes } of tiles)
    database.sql('REPLACE INTO log_tiles (level, number, bytes) VALUES (?, ?, ?)').run(level, index, bytes);
  database
    .sql('REPLACE INTO log_head (id, size, checkpoint, key) VALUES (0, ?, ?, ?)')
    .run(head.size, head.checkpoint, head.key);
  return true;
}

function tileAt(database: Database, { level, index, width }: TilePlace): Uint8Array {
  const row = database.sql('SELECT bytes FROM log_tiles WHERE level = ? AND number = ?').get(level, index) as
    { bytes: Uint8Array } | undefined;
  if (row === undefined || row.bytes.length < width * HASH_BYTES)
    throw lacking(`tile ${index} of level ${level}`);
  return row.bytes;
}

const MISSING_MAX = 256;
/** So often all is counted at least: what changes bytes of the file past SQLite does not change its version. */
const COUNTED_MILLISECONDS = 60_000;

/**
 * Looks again and again which entries are missing. As long as no other connection wrote into the file those that were there are there, since
 * nothing here takes one away that the head has: only what was appended since is counted.
 */
function missingIn(database: Database): () => number[] {
  let whole = { version: NaN, size: 0, at: -Infinity };
  return () => {
    // First: what somebody writes behind it is of another version.
    const { data_version: version } = database.sql('PRAGMA data_version').get() as {
      readonly data_version: number;
    };
    const { size = 0 } = headIn(database) ?? {};
    const isSame = version === whole.version && performance.now() - whole.at < COUNTED_MILLISECONDS;
    if (isSame && countBetween(database, whole.size, size) === size - whole.size) {
      whole = { ...whole, size };
      return [];
    }
    const numbers = missingOf(database, size);
    if (numbers.length === 0) whole = { version, size, at: performance.now() };
    return numbers;
  };
}

function countBetween(database: Database, from: number, to: number): number {
  const { count } = database
    .sql('SELECT count(*) AS count FROM log_entries WHERE number >= ? AND number < ?')
    .get(from, to) as { readonly count: number };
  return count;
}

/** Of the entries before `size`, by all that there are. */
function missingOf(database: Database, size: number): number[] {
  // By an index that is small: the numbers are those from 0 on where there are so many and the first and the last are these.
  const { count } = database.sql('SELECT count(*) AS count FROM log_entries').get() as { count: number };
  const { isBeside } = database
    .sql('SELECT min(number) < 0 OR max(number) >= ? AS isBeside FROM log_entries')
    .get(size) as { readonly isBeside: number | null };
  if (count === size && isBeside !== 1) return [];
  const rows = database
    .sql('SELECT number FROM log_entries WHERE number >= 0 AND number < ? ORDER BY number')
    .all(size) as unknown as readonly { readonly number: number }[];
  const there = new Set(rows.map(({ number }) => number));
  const numbers: number[] = [];
  for (let number = 0; number < size && numbers.length < MISSING_MAX; number++)
    if (!there.has(number)) numbers.push(number);
  return numbers;
}

async function* unlogged(database: Database): AsyncGenerator<ArchivedHeader> {
  let after = FIRST;
  for (;;) {
    const rows = database.read(() =>
      database
        .sql(
          `SELECT ${LISTED} FROM headers
           WHERE ("end", id) > (?, ?) AND ${LISTABLE} AND id NOT IN (
             SELECT run FROM log_entries WHERE number >= 0 AND number < coalesce((SELECT size FROM log_head), 0)
           )
           ORDER BY "end", id LIMIT ${PAGE}`,
        )
        .all(after.end, after.id),
    );
    for (const { header, isMisplaced } of rows.map(keptIn))
      if (!isMisplaced && headerDamage(header) === undefined) yield header;
    const last = rows.at(-1) as { readonly ends: number; readonly id: string } | undefined;
    if (last === undefined || rows.length < PAGE) return;
    after = { end: last.ends, id: last.id };
  }
}
