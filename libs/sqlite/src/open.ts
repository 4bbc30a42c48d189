import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { checkOurs, committed, formatOf, migrate, takeIn } from './bookkeeping.ts';
import { explainedRead, unusable } from './unusable.ts';
import { BUSY_TIMEOUT_MS, type OnDisk } from './write-ahead.ts';
import { settings, writerOf, type Writer } from './writers.ts';

/** How a database file is opened. */
export interface OpenOptions {
  /** Readers beside the one writer, in other threads or processes. They see what is committed. */
  readonly readOnly?: boolean;
  /** Statements that make the tables: one entry for each format version, applied once and in order. */
  readonly migrations: readonly string[];
  /** Set where the tables stand in the file of somebody else, and what their format is called there. */
  readonly guest?: string;
  /** The guest may be opened several times in one process; it remembers nothing between its statements. */
  readonly isShared?: boolean;
  /** The file of its own that a guest's tables were kept in by older releases: it is taken in. */
  readonly before?: string;
  /** A larger file is not looked through when it is opened, see `isUnchecked`; 1 GiB unless set. */
  readonly checkedBytesMax?: number;
}

/** One part of an embedded database file, or all of it. Not shared between threads: each opens its own. */
export interface Database {
  readonly path: string;
  /** The file was too large to be looked through when it was opened: it may be damaged. False for readers, which find out as they read. */
  readonly isUnchecked: boolean;
  /** The prepared statement of this text; prepared once. */
  sql(text: string): StatementSync;
  /**
   * Runs `body` in one transaction: all of it is kept, or nothing. Every statement that writes is in one.
   *
   * @param when `now`, as it is unless given: it is on the disk when this returns. `later`: with the next one that is; a power cut may
   * lose it, with everything that was written behind it, and never something before it.
   * @throws DatabaseUnusable when the disk is full or the file is damaged, locked or read-only.
   */
  transaction<T>(body: () => T, when?: OnDisk): T;
  /** Runs a read, with errors in words that help. */
  read<T>(body: () => T): T;
  /** Safe to call twice. */
  close(): void;
}

/** The one database file of a folder, in which everything stands that has to be of one state; or the memory. */
export const databaseIn = (directory: string): string =>
  directory === ':memory:' ? directory : join(directory, 'margay.db');

/**
 * Opens a database file (or `:memory:`), makes its folder and brings its tables to the newest format.
 *
 * One process may write: a second writer is refused at once, because two would take each other for a crash. Parts that stand in one
 * file are written in one order, each transaction to the disk, so that whatever is lost of the end of it leaves one state of all.
 *
 * @throws DatabaseUnusable which names the file, the reason and what to do.
 */
export function openDatabase(path: string, options: OpenOptions): Database {
  let writer: Writer | undefined;
  try {
    if (options.readOnly === true) return readerOf(path, options);
    const { guest, before, migrations, isShared = false } = options;
    writer = writerOf(path, guest, isShared, options.checkedBytesMax);
    const { connection } = writer;
    if (guest !== undefined && before !== undefined && formatOf(connection, guest) === 0)
      takeIn(connection, guest, before, migrations.length);
    migrate(connection, path, guest, migrations);
    return database(writer, path);
  } catch (error) {
    writer?.close();
    throw explainedRead(error, path);
  }
}

function readerOf(path: string, { migrations, guest }: OpenOptions): Database {
  const connection = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    settings(connection);
    checkOurs(connection, path);
    if (formatOf(connection, guest) > migrations.length) throw unusable('newer-format', path);
  } catch (error) {
    connection.close();
    throw error;
  }
  const nothing = () => {};
  return database(
    { connection, flush: nothing, afterCommit: nothing, isUnchecked: false, close: () => connection.close() },
    path,
  );
}

function database({ connection, flush, afterCommit, isUnchecked, close }: Writer, path: string): Database {
  const statements = new Map<string, StatementSync>();
  const sql = (text: string): StatementSync => {
    let statement = statements.get(text);
    if (statement === undefined) {
      statement = connection.prepare(text);
      statements.set(text, statement);
    }
    return statement;
  };
  let isClosed = false;
  return {
    path,
    isUnchecked,
    sql,
    transaction(body, when = 'now') {
      try {
        flush(when);
        const result = committed(connection, body);
        afterCommit();
        return result;
      } catch (error) {
        throw explainedRead(error, path);
      }
    },
    read(body) {
      try {
        return body();
      } catch (error) {
        throw explainedRead(error, path);
      }
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      close();
    },
  };
}
