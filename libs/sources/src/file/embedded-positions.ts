import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { databaseIn, openDatabase, type Database } from '@margay/sqlite';
import type { Cursor } from './cursor.ts';
import type { Positions } from './positions.ts';

const TABLES = `
  CREATE TABLE file_positions (path TEXT PRIMARY KEY, cursor TEXT NOT NULL) STRICT, WITHOUT ROWID`;

/** Where older releases kept them: a file for each, in a folder of this name. */
const FOLDER_BEFORE = 'positions';

/**
 * Opens the positions in the database of a folder, with all that was made of what stands before them: what is lost of the one is lost
 * of the other, and is read again.
 *
 * @throws DatabaseUnusable when the file cannot be used, with what to do.
 */
export async function openEmbeddedPositions(directory: string): Promise<Positions> {
  const options = { guest: 'positions', isShared: true, migrations: [TABLES] };
  const database = openDatabase(databaseIn(directory), options);
  const set = (path: string, cursor: string) =>
    database.sql('INSERT OR REPLACE INTO file_positions VALUES (?, ?)').run(path, cursor);
  takeInFolder(database, join(directory, FOLDER_BEFORE), set);
  return {
    get: async (path) =>
      database.read(() => {
        const row = database.sql('SELECT cursor FROM file_positions WHERE path = ?').get(path) as
          { cursor: string } | undefined;
        return row && (JSON.parse(row.cursor) as Cursor);
      }),
    set: async (path, cursor) => {
      // Where it is lost the lines come again, and change nothing.
      database.transaction(() => set(path, JSON.stringify(cursor)), 'later');
    },
    close: () => database.close(),
  };
}

function takeInFolder(
  database: Database,
  folder: string,
  set: (path: string, cursor: string) => unknown,
): void {
  if (!existsSync(folder)) return;
  database.transaction(() => {
    for (const name of readdirSync(folder).filter((each) => /^position-.*\.json$/.test(each))) {
      try {
        const { path, cursor } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
          path: string;
          cursor: Cursor;
        };
        set(path, JSON.stringify(cursor));
      } catch {
        // Without its place a file is read again.
      }
    }
  });
  rmSync(folder, { recursive: true });
}
