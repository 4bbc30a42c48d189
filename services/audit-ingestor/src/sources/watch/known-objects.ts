import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Instant } from '@margay/ground';
import {
  fingerprintOf,
  type Known,
  type Position,
  type Resume,
  type WatchedChanges,
} from '@margay/kubernetes';
import { databaseIn, openDatabase, type Database } from '@margay/sqlite';

/** How the API server served a kind when that was last known. */
export interface LastServed {
  /** Empty where it was not served, `?` where nobody knew. */
  readonly apiVersion: string;
  /** Since when it is known to be so. */
  readonly at: Instant;
  /** Whether something was delivered about it: then its source has to go on saying how it is. */
  readonly isTold: boolean;
}

/** What existed where the watch of each kind stopped, kept in a database that one process writes. */
export interface KnownObjects {
  /**
   * Who watches: the first that did so with this database, and a random part. So a watch that goes on elsewhere is the same source, and one
   * that begins anew under the same name, since the database was lost, is another: between the two nobody watched.
   */
  readonly watcher: string;
  /** Where to go on with a kind; undefined where it was never listed. */
  resume(kind: string): Resume | undefined;
  /** What exists of a kind. */
  objects(kind: string): Iterable<Known>;
  /** Remembers a batch that is durable, in one transaction. */
  keep(kind: string, batch: WatchedChanges): void;
  /** Forgets where a kind stopped and what existed of it. */
  forget(kind: string): void;
  /** Undefined where nothing was ever known of it. */
  lastServed(kind: string): LastServed | undefined;
  keepServed(kind: string, served: LastServed): void;
  close(): void;
}

const OWN_FILE = 'watch.db';

const MIGRATIONS = [
  `CREATE TABLE known (
     kind TEXT NOT NULL, uid TEXT NOT NULL, resourceVersion TEXT NOT NULL,
     namespace TEXT NOT NULL, name TEXT NOT NULL, fingerprint TEXT NOT NULL,
     PRIMARY KEY (kind, uid)) WITHOUT ROWID;
   CREATE TABLE position (kind TEXT PRIMARY KEY, resourceVersion TEXT NOT NULL, at INTEGER NOT NULL);`,
  `CREATE TABLE served (kind TEXT PRIMARY KEY, apiVersion TEXT NOT NULL, at INTEGER NOT NULL, isTold INTEGER NOT NULL);
   CREATE TABLE watcher (name TEXT NOT NULL);`,
];

/** Opens what existed where watches stopped. @param watcher who watches, where nobody did so with it yet. */
export type OpenKnown = (watcher: string) => KnownObjects;

/** In a file of its own in a folder. */
export const knownIn =
  (directory: string): OpenKnown =>
  (watcher) =>
    openKnownObjects(openDatabase(join(directory, OWN_FILE), { migrations: MIGRATIONS }), watcher);

/** In the database of a folder, with all that was made of what the watches told. */
export const knownBesideStores =
  (directory: string): OpenKnown =>
  (watcher) => {
    const before = join(directory, OWN_FILE);
    const options = { guest: 'watch', before, migrations: MIGRATIONS };
    return openKnownObjects(openDatabase(databaseIn(directory), options), watcher);
  };

function openKnownObjects(database: Database, watcher: string): KnownObjects {
  const first = database.read(() => database.sql('SELECT name FROM watcher').get()) as
    { readonly name: string } | undefined;
  const own = first?.name ?? `${watcher}-${randomBytes(3).toString('hex')}`;
  if (first === undefined)
    database.transaction(() => database.sql('INSERT INTO watcher VALUES (?)').run(own));
  function* known(kind: string): Generator<Known> {
    const rows = database.read(() =>
      database
        .sql('SELECT uid, resourceVersion, namespace, name, fingerprint FROM known WHERE kind = ?')
        .all(kind),
    );
    for (const row of rows) yield row as unknown as Known;
  }
  return {
    watcher: own,
    resume(kind) {
      const position = database.read(() =>
        database.sql('SELECT resourceVersion, at FROM position WHERE kind = ?').get(kind),
      );
      return position && { position: position as unknown as Position, known: known(kind) };
    },
    objects: known,
    keep(kind, { changes, unchanged, position }) {
      database.transaction(() => {
        for (const { what, uid = '', resourceVersion = '', namespace, name, content } of changes) {
          if (what === 'gone') database.sql('DELETE FROM known WHERE kind = ? AND uid = ?').run(kind, uid);
          else if (content !== undefined)
            database
              .sql('INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?)')
              .run(kind, uid, resourceVersion, namespace, name, fingerprintOf(content));
        }
        for (const { uid, resourceVersion } of unchanged)
          database
            .sql('UPDATE known SET resourceVersion = ? WHERE kind = ? AND uid = ?')
            .run(resourceVersion, kind, uid);
        if (position)
          database
            .sql('INSERT OR REPLACE INTO position VALUES (?, ?, ?)')
            .run(kind, position.resourceVersion, position.at);
      });
    },
    forget(kind) {
      database.transaction(() => {
        database.sql('DELETE FROM known WHERE kind = ?').run(kind);
        database.sql('DELETE FROM position WHERE kind = ?').run(kind);
      });
    },
    lastServed(kind) {
      const row = database.read(() =>
        database.sql('SELECT apiVersion, at, isTold FROM served WHERE kind = ?').get(kind),
      ) as { apiVersion: string; at: number; isTold: number } | undefined;
      return row && { ...row, isTold: row.isTold === 1 };
    },
    keepServed(kind, { apiVersion, at, isTold }) {
      database.transaction(() =>
        database
          .sql('INSERT OR REPLACE INTO served VALUES (?, ?, ?, ?)')
          .run(kind, apiVersion, at, isTold ? 1 : 0),
      );
    },
    close: () => database.close(),
  };
}
