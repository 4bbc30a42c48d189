import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Database } from './open.ts';
import { explainedRead } from './unusable.ts';

/** Prepares a statement. */
export type Sql = (text: string) => StatementSync;

/** Long reads of one consistent state, beside whatever is written meanwhile. */
export interface Snapshots {
  /** The rows that `select` gives, read as they are asked for, all from the state at the first of them. */
  rows<T>(select: (sql: Sql) => Iterable<T>): Generator<T>;
}

/**
 * Snapshots of a database. Each has a connection of its own to the file, so that statements of others do not disturb
 * it; a database in memory has none, and its rows are read at once.
 */
export function snapshotsOf(database: Database): Snapshots {
  if (database.path === ':memory:') {
    return {
      *rows(select) {
        yield* database.read(() => [...select((text) => database.sql(text))]);
      },
    };
  }
  return {
    *rows(select) {
      const connection = new DatabaseSync(database.path, { readOnly: true, timeout: 10_000 });
      try {
        connection.exec('PRAGMA mmap_size = 268435456; BEGIN');
        yield* select((text) => connection.prepare(text));
      } catch (error) {
        throw explainedRead(error, database.path);
      } finally {
        connection.close();
      }
    },
  };
}
