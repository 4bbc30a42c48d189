import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { explained, unusable } from './unusable.ts';

/** How a database file is opened. */
export interface OpenOptions {
  /** Readers beside the one writer, in other threads or processes. They see what is committed. */
  readonly readOnly?: boolean;
  /** `full` survives a power cut after each commit; `normal` survives the end of the process only. */
  readonly synchronous?: 'full' | 'normal';
  /** Statements that make the tables: one entry for each format version, applied once and in order. */
  readonly migrations: readonly string[];
}

/** One connection to an embedded database file. Not shared between threads: each opens its own. */
export interface Database {
  readonly path: string;
  /** The prepared statement of this text; prepared once. */
  sql(text: string): StatementSync;
  /**
   * Runs `body` in one transaction: all of it is kept, or nothing.
   *
   * @throws DatabaseUnusable when the disk is full or the file is damaged, locked or read-only.
   */
  transaction<T>(body: () => T): T;
  /** Runs a read, with errors in words that help. */
  read<T>(body: () => T): T;
  /** Safe to call twice. */
  close(): void;
}

/** How long a connection waits for another one's transaction. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Opens a database file (or `:memory:`), makes its folder and brings its tables to the newest format.
 *
 * One process may write: a second writer is refused at once, because two would take each other for a crash. The
 * lock is the operating system's, so that it never outlives its process.
 *
 * @throws DatabaseUnusable which names the file, the reason and what to do.
 */
export function openDatabase(path: string, options: OpenOptions): Database {
  const closing: (() => void)[] = [];
  try {
    if (path !== ':memory:' && options.readOnly !== true) {
      prepareFolder(path);
      closing.push(lock(path));
    }
    const connection = new DatabaseSync(path, {
      readOnly: options.readOnly === true,
      timeout: BUSY_TIMEOUT_MS,
    });
    closing.unshift(() => connection.close());
    prepare(connection, path, options);
    return database(connection, path, closing);
  } catch (error) {
    for (const close of closing) close();
    throw explained(error, path);
  }
}

function prepareFolder(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  accessSync(dirname(path), constants.W_OK);
  if (existsSync(path)) accessSync(path, constants.W_OK);
}

/** Holds an exclusive lock beside the file until the returned function is called or the process ends. */
function lock(path: string): () => void {
  const holder = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    holder.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    holder.close();
    throw explained(error, path);
  }
  return () => holder.close();
}

function prepare(
  connection: DatabaseSync,
  path: string,
  { readOnly, synchronous, migrations }: OpenOptions,
): void {
  if (readOnly !== true) {
    connection.exec('PRAGMA journal_mode = WAL');
    connection.exec(`PRAGMA synchronous = ${synchronous ?? 'normal'}`);
    // Copying the log into the file in bigger steps writes each page of an index fewer times.
    connection.exec('PRAGMA wal_autocheckpoint = 8000');
  }
  connection.exec('PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456');
  const { user_version: format } = connection.prepare('PRAGMA user_version').get() as {
    user_version: number;
  };
  if (format > migrations.length) throw unusable('newer-format', path);
  if (readOnly === true) return;
  for (let next = format; next < migrations.length; next++) {
    connection.exec(`BEGIN; ${migrations[next]}; PRAGMA user_version = ${next + 1}; COMMIT`);
  }
}

function database(connection: DatabaseSync, path: string, closing: (() => void)[]): Database {
  const statements = new Map<string, StatementSync>();
  const sql = (text: string): StatementSync => {
    let statement = statements.get(text);
    if (statement === undefined) {
      statement = connection.prepare(text);
      statements.set(text, statement);
    }
    return statement;
  };
  return {
    path,
    sql,
    transaction(body) {
      try {
        sql('BEGIN IMMEDIATE').run();
        const result = body();
        sql('COMMIT').run();
        return result;
      } catch (error) {
        // A full disk can have ended the transaction already.
        if (connection.isTransaction) connection.exec('ROLLBACK');
        throw explained(error, path);
      }
    },
    read(body) {
      try {
        return body();
      } catch (error) {
        throw explained(error, path);
      }
    },
    close() {
      for (const close of closing.splice(0)) close();
    },
  };
}
