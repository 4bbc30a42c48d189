import { hash } from 'node:crypto';
import type { Key } from '@margay/ground';
import {
  foldOn,
  foldWhole,
  NEW_KEY,
  UID_CHARACTERS,
  type Change,
  type KeyTail,
  type Version,
} from '@margay/history';
import type { Database } from '@margay/sqlite';
import type { Appended } from './history.ts';
import { sameVersion } from './same-version.ts';
import {
  CHANGES_OF_KEY,
  changeOf,
  CURRENT,
  SELECT_VERSIONS,
  versionOf,
  type ChangeRow,
  type VersionRow,
} from './tables.ts';

/** The tails of keys that were touched last are held in memory, up to this many: about a kilobyte each. */
const HELD_TAILS_MAX = 50_000;
const HELD_NAMES_MAX = 200_000;

/** A key's tail, and the row of its last version. */
interface HeldTail {
  readonly tail: KeyTail;
  readonly lastRow?: number;
}

/** A version row that is there. */
interface WrittenVersion {
  readonly row: number;
  readonly version: Version;
}

/** Writes changes and the versions derived from them. One for each database, since it remembers what it wrote. */
export function historyWriter(database: Database) {
  const keyIds = new Map<string, number>();
  const sourceIds = new Map<string, number>();
  const held = new Map<number, HeldTail>();
  let contentIds = new WeakMap<object, number>();

  const forget = () => {
    keyIds.clear();
    sourceIds.clear();
    held.clear();
    contentIds = new WeakMap();
  };

  const keyId = ({ group, resource, namespace, name }: Key): number => {
    const text = `${group}\n${resource}\n${namespace}\n${name}`;
    let id = keyIds.get(text);
    if (id === undefined) {
      const found = database
        .sql('SELECT id FROM keys WHERE "group" = ? AND resource = ? AND namespace = ? AND name = ?')
        .get(group, resource, namespace, name) as { id: number } | undefined;
      if (found === undefined) {
        const { lastInsertRowid } = database
          .sql('INSERT INTO keys ("group", resource, namespace, name) VALUES (?, ?, ?, ?)')
          .run(group, resource, namespace, name);
        id = Number(lastInsertRowid);
        held.set(id, { tail: NEW_KEY });
      } else ({ id } = found);
      if (keyIds.size >= HELD_NAMES_MAX) keyIds.clear();
      keyIds.set(text, id);
    }
    return id;
  };

  const sourceId = (name: string): number => {
    let id = sourceIds.get(name);
    if (id === undefined) {
      database.sql('INSERT INTO sources (name) VALUES (?) ON CONFLICT DO NOTHING').run(name);
      ({ id } = database.sql('SELECT id FROM sources WHERE name = ?').get(name) as { id: number });
      sourceIds.set(name, id);
    }
    return id;
  };

  const contentId = (content: object): number => {
    const known = contentIds.get(content);
    if (known !== undefined) return known;
    const body = JSON.stringify(content);
    const digest = hash('sha256', body, 'buffer');
    const found = database.sql('SELECT id FROM contents WHERE hash = ?').get(digest) as
      { id: number } | undefined;
    const id =
      found?.id ??
      Number(
        database.sql('INSERT INTO contents (hash, body) VALUES (?, ?)').run(digest, body).lastInsertRowid,
      );
    contentIds.set(content, id);
    return id;
  };

  /** Inserts the change; false when its id is known. */
  const insert = (key: number, change: Change): boolean => {
    const { changes } = database
      .sql(
        `INSERT INTO changes (key, change_id, event_id, gone, uid, resource_version, at, received_at, content, created,
           "user", impersonated, source, position)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (change_id) DO NOTHING`,
      )
      .run(
        key,
        change.id,
        change.eventId,
        change.what === 'gone' ? 1 : 0,
        change.uid ?? null,
        change.resourceVersion ?? null,
        change.at,
        change.receivedAt,
        change.content === undefined ? null : contentId(change.content),
        change.created === true ? 1 : 0,
        change.actor?.user ?? null,
        change.actor?.impersonated ?? null,
        sourceId(change.origin.source),
        change.origin.position,
      );
    return changes === 1;
  };

  /** Counts the event of a known change where it comes from another origin for the first time. */
  const insertRepeat = (change: Change): boolean => {
    const source = sourceId(change.origin.source);
    const { position } = change.origin;
    const first = database.sql('SELECT source, position FROM changes WHERE change_id = ?').get(change.id) as
      { source: number; position: number } | undefined;
    if (first?.source === source && first.position === position) return false;
    const { changes } = database
      .sql('INSERT INTO repeats (event_id, source, position, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(change.eventId, source, position, change.at);
    return changes === 1;
  };

  /** The tail of a key as the database has it: of the changes only the narrow columns are looked at. */
  const readTail = (key: number): HeldTail => {
    const { changes, latest_at: latestAt } = database
      .sql('SELECT count(*) AS changes, max(at) AS latest_at FROM changes WHERE key = ?')
      .get(key) as { changes: number; latest_at: number | null };
    const newest = database
      .sql(
        `SELECT resource_version FROM changes WHERE key = ? AND gone = 0 AND resource_version IS NOT NULL
         ORDER BY length(resource_version) DESC, resource_version DESC LIMIT 1`,
      )
      .get(key) as { resource_version: string } | undefined;
    const { hidden } = database
      .sql(
        `SELECT EXISTS (SELECT 1 FROM changes WHERE key = ?1 AND uid IS NOT NULL
           AND uid NOT IN (SELECT uid FROM versions WHERE key = ?1)) AS hidden`,
      )
      .get(key) as { hidden: number };
    const objects = database
      .sql(
        `SELECT DISTINCT substr(uid, 1, ${UID_CHARACTERS}) AS object FROM changes WHERE key = ? AND uid IS NOT NULL
         ORDER BY 1`,
      )
      .all(key) as { object: string }[];
    const last = database
      .sql(`${SELECT_VERSIONS} WHERE v.key = ? ORDER BY v.valid_from DESC, v.id DESC LIMIT 1`)
      .get(key) as unknown as VersionRow | undefined;
    const shown =
      last !== undefined &&
      database
        .sql('SELECT 1 FROM changes WHERE key = ? AND uid = ? AND gone = 0 LIMIT 1')
        .get(key, last.uid) !== undefined;
    return {
      tail: {
        changes,
        plain: hidden === 0,
        objects: objects.map(({ object }) => object),
        ...(latestAt !== null && { latestAt }),
        ...(newest !== undefined && { latestVersion: newest.resource_version }),
        ...(last !== undefined && { last: versionOf(last) }),
        ...(last !== undefined && !shown && { onlyEnd: true }),
      },
      ...(last !== undefined && { lastRow: last.id }),
    };
  };

  const holdTail = (key: number, tail: HeldTail): HeldTail => {
    // Set anew at the end: the first entries of the map are those not used for longest.
    held.delete(key);
    held.set(key, tail);
    return tail;
  };

  const release = () => {
    for (const key of held.keys()) {
      if (held.size <= HELD_TAILS_MAX) return;
      held.delete(key);
    }
  };

  /** Brings version rows to what is true now, and gives the row of the last one. Rows that stay true are not touched. */
  const replace = (
    key: number,
    written: readonly WrittenVersion[],
    versions: readonly Version[],
  ): number | undefined => {
    let same = 0;
    while (same < versions.length && sameVersion(written[same]?.version, versions[same])) same++;
    let last = written[same - 1]?.row;
    for (const { row } of written.slice(same)) database.sql('DELETE FROM versions WHERE id = ?').run(row);
    for (const version of versions.slice(same)) last = insertVersion(key, version);
    return last;
  };

  /** Goes on from a key's tail; false where the changes are not all later than what there is. */
  const extend = (key: number, changes: readonly Change[]): boolean => {
    const { tail, lastRow } = held.get(key) ?? readTail(key);
    const fold = foldOn(tail, changes);
    if (fold === undefined) return false;
    const written =
      lastRow === undefined || tail.last === undefined ? [] : [{ row: lastRow, version: tail.last }];
    const row = replace(key, written, fold.versions);
    holdTail(key, { tail: fold.tail, ...(row !== undefined && { lastRow: row }) });
    return true;
  };

  /** Folds all changes of a key, which are in the database by now. */
  const refold = (key: number): void => {
    const changes = (database.sql(CHANGES_OF_KEY).all(key) as unknown as ChangeRow[]).map(changeOf);
    const rows = database
      .sql(`${SELECT_VERSIONS} WHERE v.key = ? ORDER BY v.valid_from, v.id`)
      .all(key) as unknown as VersionRow[];
    const { tail, versions } = foldWhole(changes);
    const written = rows.map((row) => ({ row: row.id, version: versionOf(row) }));
    const row = replace(key, written, versions);
    holdTail(key, { tail, ...(row !== undefined && { lastRow: row }) });
  };

  const insertVersion = (key: number, version: Version): number =>
    Number(
      database
        .sql(
          `INSERT INTO versions (key, uid, resource_version, valid_from, valid_to, content, seen_mid_life, ended_by,
             "user", impersonated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          key,
          version.uid,
          version.resourceVersion,
          version.validFrom,
          version.validTo ?? CURRENT,
          contentId(version.content),
          version.seenMidLife === true ? 1 : 0,
          version.endedBy ?? null,
          version.actor?.user ?? null,
          version.actor?.impersonated ?? null,
        ).lastInsertRowid,
    );

  return (changes: readonly Change[]): Appended => {
    try {
      return database.transaction(() => {
        let applied = 0;
        let repeated = 0;
        const touched = new Map<number, Change[]>();
        for (const change of changes) {
          const key = keyId(change);
          // Read before the change is inserted: the tail is that of the changes before.
          if (!touched.has(key) && !held.has(key)) holdTail(key, readTail(key));
          if (insert(key, change)) {
            applied++;
            const added = touched.get(key);
            if (added === undefined) touched.set(key, [change]);
            else added.push(change);
          } else if (insertRepeat(change)) repeated++;
        }
        for (const [key, added] of touched) if (!extend(key, added)) refold(key);
        release();
        return { applied, repeated };
      });
    } catch (error) {
      // Nothing was written: what is held may be ahead of the file.
      forget();
      throw error;
    }
  };
}
