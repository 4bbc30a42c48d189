import { existsSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { lock } from './lock.ts';
import { damageIn } from './pages.ts';
import { explainedRead, unusable } from './unusable.ts';

/** What a file says of itself in its header: that Margay wrote it ("Mrgy"). */
const APPLICATION_ID = 0x4d726779;

/** Of the files of releases that did not say so, a table that is in each. */
const OLDER_TABLES: readonly unknown[] = ['keys', 'topics', 'known'];

/** Whose tables are meant: the name of a guest, or the owner of the file. */
export type Part = string | undefined;

/** @throws DatabaseUnusable for a file that another program wrote. */
export function checkOurs(connection: DatabaseSync, path: string): void {
  const { application_id: id } = connection.prepare('PRAGMA application_id').get() as {
    application_id: number;
  };
  if (id === APPLICATION_ID) return;
  const tables = connection.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all();
  const isOlder = tables.length === 0 || tables.some(({ name }) => OLDER_TABLES.includes(name));
  if (id !== 0 || !isOlder) throw unusable('foreign', path);
}

/** Makes the table of what the file says of itself, and writes that it is Margay's. */
export function makeOurs(connection: DatabaseSync): void {
  const isMade =
    connection.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'bookkeeping'`).get() !== undefined;
  if (isMade) return;
  committed(connection, () =>
    connection.exec(`
      PRAGMA application_id = ${APPLICATION_ID};
      -- How many transactions were committed, and which format the tables of each guest have.
      CREATE TABLE bookkeeping (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      INSERT INTO bookkeeping VALUES ('commits', 0)`),
  );
}

/** How many transactions were committed. @throws DatabaseUnusable where the file does not say it any more. */
export function commitsOf(connection: DatabaseSync, path: string): number {
  const row = connection.prepare(`SELECT value FROM bookkeeping WHERE name = 'commits'`).get() as
    { value: number } | undefined;
  if (row === undefined) throw unusable('corrupt', path);
  return row.value;
}

/** Counts a transaction, within it. */
export const COUNT_COMMIT = `UPDATE bookkeeping SET value = value + 1 WHERE name = 'commits'`;

/** Runs `body` in one transaction that is counted: all of it is kept, or nothing. */
export function committed<T>(connection: DatabaseSync, body: () => T): T {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const result = body();
    connection.exec(COUNT_COMMIT);
    connection.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk can have ended the transaction already.
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

/** Which format the tables of a part have: the number of migrations that were applied. */
export function formatOf(connection: DatabaseSync, part: Part): number {
  if (part === undefined)
    return (connection.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
  const row = connection.prepare('SELECT value FROM bookkeeping WHERE name = ?').get(`format of ${part}`) as
    { value: number } | undefined;
  return row?.value ?? 0;
}

function keepFormat(connection: DatabaseSync, part: Part, format: number): void {
  if (part === undefined) connection.exec(`PRAGMA user_version = ${format}`);
  else
    connection.prepare('INSERT OR REPLACE INTO bookkeeping VALUES (?, ?)').run(`format of ${part}`, format);
}

/**
 * Brings the tables of a part to the newest format.
 *
 * @throws DatabaseUnusable where a newer Margay wrote them; an error of SQLite where the file has other tables than it says.
 */
export function migrate(
  connection: DatabaseSync,
  path: string,
  part: Part,
  migrations: readonly string[],
): void {
  const format = formatOf(connection, part);
  if (format > migrations.length) throw unusable('newer-format', path);
  for (let next = format; next < migrations.length; next++) {
    committed(connection, () => {
      connection.exec(migrations[next]!);
      keepFormat(connection, part, next + 1);
    });
  }
}

/**
 * Takes the tables of a guest in that an older release kept in a file of their own, in one transaction, and removes that file.
 *
 * @throws DatabaseUnusable for that file; what is wrong with the one that takes it in comes as SQLite says it.
 */
export function takeIn(connection: DatabaseSync, part: string, from: string, newest: number): void {
  if (!existsSync(from)) return;
  const unlock = of(from, () => lock(from));
  try {
    of(from, () => connection.prepare('ATTACH ? AS older').run(from));
    try {
      const format = of(from, () => checkOlder(connection, from, newest));
      committed(connection, () => {
        copyTables(connection);
        keepFormat(connection, part, format);
      });
    } finally {
      connection.exec('DETACH older');
    }
  } finally {
    unlock();
  }
  for (const rest of ['', '-wal', '-shm', '.lock']) rmSync(`${from}${rest}`, { force: true });
}

/** Does what only the file at `path` can be at fault for. */
function of<T>(path: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw explainedRead(error, path);
  }
}

/** The format of the tables in the older file, all of whose pages are looked at: later nobody could tell which of both files was damaged. */
function checkOlder(connection: DatabaseSync, from: string, newest: number): number {
  const damage = damageIn(connection, 'older.quick_check(1)');
  if (damage !== undefined) throw unusable('corrupt', from, damage);
  const { user_version: format } = connection.prepare('PRAGMA older.user_version').get() as {
    user_version: number;
  };
  if (format > newest) throw unusable('newer-format', from);
  return format;
}

function copyTables(connection: DatabaseSync): void {
  const made = connection
    .prepare(
      `SELECT type, name, sql FROM older.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
       ORDER BY type = 'index'`,
    )
    .all() as { type: string; name: string; sql: string }[];
  for (const { type, name, sql } of made) {
    connection.exec(sql);
    if (type === 'table') connection.exec(`INSERT INTO main."${name}" SELECT * FROM older."${name}"`);
  }
}
