import { FOLD, NEW_KEY, UID_CHARACTERS, unknownTail, type KeyTail } from '@margay/history';
import type { Database } from '@margay/sqlite';
import { LRUCache } from 'lru-cache';
import { SELECT_VERSIONS, versionOf, type VersionRow } from './tables.ts';

/** The tails of keys that were touched last are held in memory, up to this many: about a kilobyte each. */
const HELD_TAILS_MAX = 50_000;

/** A key's tail, and the row of its last version. */
export interface RowTail {
  readonly tail: KeyTail;
  readonly lastRow?: number;
}

/** The tails of keys, by the keys' numbers. What is held may be let go of at any time: it is in the file, too. */
export class KeyTails {
  readonly #database: Database;
  // Bounded by a sum of ones: for a bound on their number the library would take all the memory beforehand.
  readonly #held = new LRUCache<number, RowTail>({ maxSize: HELD_TAILS_MAX, sizeCalculation: () => 1 });

  constructor(database: Database) {
    this.#database = database;
  }

  /** After a transaction that was rolled back: what is held may be ahead of the file. */
  forget(): void {
    this.#held.clear();
  }

  /** A key that was made just now has nothing behind it. */
  holdNew(key: number): void {
    this.hold(key, { tail: NEW_KEY });
  }

  hold(key: number, tail: RowTail): void {
    this.#held.set(key, tail);
  }

  /** The tail that is held, or that of the changes that the file has by now. */
  of(key: number): RowTail {
    let tail = this.#held.get(key);
    if (tail === undefined) this.hold(key, (tail = readTail(this.#database, key)));
    return tail;
  }
}

/** The tail of a key as the database has it: of the changes only the narrow columns are looked at, and whether they can be gone on from was noted. */
function readTail(database: Database, key: number): RowTail {
  const { changes, latest_at: latestAt } = database
    .sql('SELECT count(*) AS changes, max(at) AS latest_at FROM changes WHERE key = ?')
    .get(key) as { changes: number; latest_at: number | null };
  const folded = database.sql('SELECT fold, goes_on FROM keys WHERE id = ?').get(key) as {
    fold: number;
    goes_on: number;
  };
  if (folded.fold !== FOLD || folded.goes_on === 0) return { tail: unknownTail(changes) };
  const newest = database
    .sql(
      `SELECT resource_version FROM changes WHERE key = ? AND gone = 0 AND resource_version IS NOT NULL
       ORDER BY length(resource_version) DESC, resource_version DESC LIMIT 1`,
    )
    .get(key) as { resource_version: string } | undefined;
  const objects = database
    .sql(
      `SELECT DISTINCT substr(uid, 1, ${UID_CHARACTERS}) AS object FROM changes WHERE key = ? AND uid IS NOT NULL
       ORDER BY 1`,
    )
    .all(key) as { object: string }[];
  const last = database
    .sql(`${SELECT_VERSIONS} WHERE v.key = ? ORDER BY v.valid_from DESC, v.id DESC LIMIT 1`)
    .get(key) as unknown as VersionRow | undefined;
  const generation = last === undefined ? null : generationOf(database, key, last.uid);
  return {
    tail: {
      changes,
      plain: true,
      objects: objects.map(({ object }) => object),
      ...(latestAt !== null && { latestAt }),
      ...(newest !== undefined && { latestVersion: newest.resource_version }),
      ...(generation !== null && { latestGeneration: generation }),
      ...(last !== undefined && { last: versionOf(last) }),
      ...(last !== undefined && !isShown(database, key, last.uid) && { onlyEnd: true }),
    },
    ...(last !== undefined && { lastRow: last.id }),
  };
}

/** Whether an object was seen while it was there, and not by its end alone. */
function isShown(database: Database, key: number, uid: string): boolean {
  const found = database.sql('SELECT 1 FROM changes WHERE key = ? AND uid = ? AND gone = 0 LIMIT 1');
  return found.get(key, uid) !== undefined;
}

/** Of the newest version of an object, as it was seen first. */
function generationOf(database: Database, key: number, uid: string): number | null {
  const found = database
    .sql(
      `SELECT generation FROM changes WHERE key = ? AND uid = ? AND gone = 0
       ORDER BY length(resource_version) DESC, resource_version DESC, at, change_id LIMIT 1`,
    )
    .get(key, uid) as { generation: number | null } | undefined;
  return found?.generation ?? null;
}
