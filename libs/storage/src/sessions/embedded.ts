import type { Instant } from '@margay/ground';
import type { Database } from '@margay/sqlite';
import type { KeptSession, SessionBounds, Sessions } from './sessions.ts';

/** The table of the embedded sessions. */
export const SESSION_TABLES = `
  CREATE TABLE sessions (
    digest TEXT PRIMARY KEY, owner TEXT NOT NULL, sealed TEXT NOT NULL,
    started_at INTEGER NOT NULL, used_at INTEGER NOT NULL, ends_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_by_owner ON sessions (owner);
  CREATE INDEX sessions_by_end ON sessions (ends_at)`;

/** What tells which of the embedded sessions were used longest ago. */
export const SESSION_USES = 'CREATE INDEX sessions_by_use ON sessions (used_at, digest)';

interface SessionRow {
  readonly digest: string;
  readonly owner: string;
  readonly sealed: string;
  readonly started_at: Instant;
  readonly used_at: Instant;
  readonly ends_at: Instant;
}

/** Sessions in the embedded database. */
export function embeddedSessions(database: Database): Sessions {
  const makeRoom = (digest: string, owner: string, { ofOwner, inAll }: SessionBounds) => {
    database
      .sql(
        `DELETE FROM sessions WHERE digest IN (
           SELECT digest FROM sessions WHERE owner = ? AND digest <> ?
           ORDER BY used_at DESC, digest DESC LIMIT -1 OFFSET ?)`,
      )
      .run(owner, digest, ofOwner - 1);
    const { count } = database.sql('SELECT count(*) AS count FROM sessions').get() as { count: number };
    if (count > inAll)
      database
        .sql(
          `DELETE FROM sessions WHERE digest IN (
             SELECT digest FROM sessions WHERE digest <> ? ORDER BY used_at, digest LIMIT ?)`,
        )
        .run(digest, count - inAll);
  };

  return {
    begin: async ({ digest, owner, sealed, startedAt, usedAt, endsAt }, bounds) =>
      database.transaction(() => {
        database
          .sql(
            `INSERT INTO sessions (digest, owner, sealed, started_at, used_at, ends_at) VALUES (?, ?, ?, ?, ?, ?)`,
          )
          .run(digest, owner, sealed, startedAt, usedAt, endsAt);
        makeRoom(digest, owner, bounds);
      }),

    get: async (digest) =>
      database.read(() => {
        const row = database.sql('SELECT * FROM sessions WHERE digest = ?').get(digest) as unknown as
          SessionRow | undefined;
        return row && sessionOf(row);
      }),

    use: async (digest, at) =>
      database.transaction(() => {
        database.sql('UPDATE sessions SET used_at = max(used_at, ?2) WHERE digest = ?1').run(digest, at);
      }),

    reseal: async (digest, sealed) =>
      database.transaction(() => {
        database.sql('UPDATE sessions SET sealed = ?2 WHERE digest = ?1').run(digest, sealed);
      }),

    end: async (digest) =>
      database.transaction(
        () => database.sql('DELETE FROM sessions WHERE digest = ?').run(digest).changes === 1,
      ),

    of: async (owner) =>
      database.read(() =>
        (
          database
            .sql('SELECT * FROM sessions WHERE owner = ? ORDER BY started_at DESC, digest')
            .all(owner) as unknown as SessionRow[]
        ).map(sessionOf),
      ),

    forget: async (endedBefore, unusedSince) =>
      database.transaction(() => {
        database.sql('DELETE FROM sessions WHERE ends_at < ? OR used_at < ?').run(endedBefore, unusedSince);
      }),
  };
}

const sessionOf = (row: SessionRow): KeptSession => ({
  digest: row.digest,
  owner: row.owner,
  sealed: row.sealed,
  startedAt: row.started_at,
  usedAt: row.used_at,
  endsAt: row.ends_at,
});
