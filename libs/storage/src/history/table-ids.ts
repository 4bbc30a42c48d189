import type { Key } from '@margay/ground';
import { FOLD } from '@margay/history';
import type { Database } from '@margay/sqlite';
import { LRUCache } from 'lru-cache';
import { hashOf } from './tables.ts';

const HELD_NAMES_MAX = 200_000;

/** The numbers that stand for keys, sources and contents in the tables; those that were asked for last are held. */
export class TableIds {
  readonly #database: Database;
  readonly #onNewKey: (id: number) => void;
  // Bounded by a sum of ones: for a bound on their number the library would take all the memory beforehand.
  readonly #keys = new LRUCache<string, number>({ maxSize: HELD_NAMES_MAX, sizeCalculation: () => 1 });
  readonly #sources = new Map<string, number>();
  #contents = new WeakMap<object, number>();

  /** @param onNewKey is told of keys that were not there. */
  constructor(database: Database, onNewKey: (id: number) => void) {
    this.#database = database;
    this.#onNewKey = onNewKey;
  }

  /** After a transaction that was rolled back: what is held may be ahead of the file. */
  forget(): void {
    this.#keys.clear();
    this.#sources.clear();
    this.#contents = new WeakMap();
  }

  key({ group, resource, namespace, name }: Key): number {
    const text = `${group}\n${resource}\n${namespace}\n${name}`;
    let id = this.#keys.get(text);
    if (id === undefined) {
      const found = this.#database
        .sql('SELECT id FROM keys WHERE "group" = ? AND resource = ? AND namespace = ? AND name = ?')
        .get(group, resource, namespace, name) as { id: number } | undefined;
      if (found === undefined) {
        const { lastInsertRowid } = this.#database
          .sql(
            'INSERT INTO keys ("group", resource, namespace, name, fold, goes_on) VALUES (?, ?, ?, ?, ?, 1)',
          )
          .run(group, resource, namespace, name, FOLD);
        id = Number(lastInsertRowid);
        this.#onNewKey(id);
      } else ({ id } = found);
      this.#keys.set(text, id);
    }
    return id;
  }

  source(name: string): number {
    let id = this.#sources.get(name);
    if (id === undefined) {
      this.#database.sql('INSERT INTO sources (name) VALUES (?) ON CONFLICT DO NOTHING').run(name);
      ({ id } = this.#database.sql('SELECT id FROM sources WHERE name = ?').get(name) as { id: number });
      this.#sources.set(name, id);
    }
    return id;
  }

  /** Bodies are kept once, by their SHA-256. */
  content(content: object): number {
    const known = this.#contents.get(content);
    if (known !== undefined) return known;
    const body = JSON.stringify(content);
    const digest = hashOf(body);
    const found = this.#database.sql('SELECT id FROM contents WHERE hash = ?').get(digest) as
      { id: number } | undefined;
    const id =
      found?.id ??
      Number(
        this.#database.sql('INSERT INTO contents (hash, body) VALUES (?, ?)').run(digest, body)
          .lastInsertRowid,
      );
    this.#contents.set(content, id);
    return id;
  }
}
