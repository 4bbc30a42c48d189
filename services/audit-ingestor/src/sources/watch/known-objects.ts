import {
  fingerprintOf,
  type Known,
  type Position,
  type Resume,
  type WatchedChanges,
} from '@margay/kubernetes';
import { openDatabase } from '@margay/sqlite';

/** What existed where the watch of each kind stopped, kept in a file that one process writes. */
export interface KnownObjects {
  /** Where to go on with a kind; undefined where it was never listed. */
  resume(kind: string): Resume | undefined;
  /** Remembers a batch that is durable, in one transaction. */
  keep(kind: string, batch: WatchedChanges): void;
  close(): void;
}

const MIGRATIONS = [
  `CREATE TABLE known (
     kind TEXT NOT NULL, uid TEXT NOT NULL, resourceVersion TEXT NOT NULL,
     namespace TEXT NOT NULL, name TEXT NOT NULL, fingerprint TEXT NOT NULL,
     PRIMARY KEY (kind, uid)) WITHOUT ROWID;
   CREATE TABLE position (kind TEXT PRIMARY KEY, resourceVersion TEXT NOT NULL, at INTEGER NOT NULL);`,
];

/** Opens the file, which is made where there is none. */
export function openKnownObjects(path: string): KnownObjects {
  const database = openDatabase(path, { migrations: MIGRATIONS });
  function* known(kind: string): Generator<Known> {
    const rows = database
      .sql('SELECT uid, resourceVersion, namespace, name, fingerprint FROM known WHERE kind = ?')
      .all(kind);
    for (const row of rows) yield row as unknown as Known;
  }
  return {
    resume(kind) {
      const position = database.sql('SELECT resourceVersion, at FROM position WHERE kind = ?').get(kind);
      return position && { position: position as unknown as Position, known: known(kind) };
    },
    keep(kind, { changes, position }) {
      database.transaction(() => {
        for (const { what, uid = '', resourceVersion = '', namespace, name, content } of changes) {
          if (what === 'gone') database.sql('DELETE FROM known WHERE kind = ? AND uid = ?').run(kind, uid);
          else if (content !== undefined)
            database
              .sql('INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?)')
              .run(kind, uid, resourceVersion, namespace, name, fingerprintOf(content));
        }
        if (position)
          database
            .sql('INSERT OR REPLACE INTO position VALUES (?, ?, ?)')
            .run(kind, position.resourceVersion, position.at);
      });
    },
    close: () => database.close(),
  };
}
