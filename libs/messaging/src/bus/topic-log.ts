import type { Database } from '@margay/sqlite';
import { decodeBatch, encodeBatch } from './batch-format.ts';
import type { Delivery, Message } from './bus.ts';

/** The tables of the embedded bus. */
export const LOG_TABLES = `
  CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  -- One row for each published batch: its messages have the offsets from first to last.
  CREATE TABLE log (
    id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    published_at INTEGER NOT NULL, body BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX log_by_offset ON log (topic, last);
  -- next is the offset of the first message that the group has not handled.
  CREATE TABLE positions (
    topic INTEGER NOT NULL, "group" TEXT NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (topic, "group")
  ) STRICT, WITHOUT ROWID`;

/** The messages of all topics and how far each group has come, in one database. */
export class TopicLog {
  readonly #database: Database;
  readonly #ids = new Map<string, number>();
  readonly #nexts = new Map<number, number>();

  constructor(database: Database) {
    this.#database = database;
  }

  append(topic: string, messages: readonly Message[], publishedAt: number): void {
    const id = this.#findOrMake(topic);
    for (const some of rowsOf(messages)) {
      const first = this.#nextOf(id);
      this.#database
        .sql('INSERT INTO log (topic, first, last, published_at, body) VALUES (?, ?, ?, ?, ?)')
        .run(id, first, first + some.length - 1, publishedAt, encodeBatch(some));
      this.#nexts.set(id, first + some.length);
    }
  }

  /** After a transaction that was rolled back: what is in memory may be ahead of the file. */
  forgetCounts(): void {
    this.#ids.clear();
    this.#nexts.clear();
  }

  /** The offset that the topic's next message will have. */
  next(topic: string): number {
    return this.#database.read(() => {
      const id = this.#find(topic);
      return id === undefined ? 0 : this.#nextOf(id);
    });
  }

  /** How many messages there are from the offset on, of those that are kept. */
  count(topic: string, from: number): number {
    return this.#database.read(() => {
      const id = this.#find(topic);
      if (id === undefined) return 0;
      const row = this.#database
        .sql('SELECT first FROM log WHERE topic = ? AND last >= ? ORDER BY last LIMIT 1')
        .get(id, from) as { first: number } | undefined;
      return row === undefined ? 0 : this.#nextOf(id) - Math.max(from, row.first);
    });
  }

  /** The offset of the first message that the group has not handled. */
  position(topic: string, group: string): number {
    return this.#database.read(() => {
      const id = this.#find(topic);
      if (id === undefined) return 0;
      const row = this.#database
        .sql('SELECT next FROM positions WHERE topic = ? AND "group" = ?')
        .get(id, group) as { next: number } | undefined;
      return row?.next ?? 0;
    });
  }

  /** On the disk with what is written next: where it is lost, so is what was made of the messages since, and they come again. */
  commit(topic: string, group: string, next: number): void {
    this.#database.transaction(() => {
      this.#database
        .sql(
          `INSERT INTO positions (topic, "group", next) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET next = excluded.next`,
        )
        .run(this.#findOrMake(topic), group, next);
    }, 'later');
  }

  reader(topic: string): TopicReader {
    return new TopicReader((offset) => this.#database.read(() => this.#batchWith(topic, offset)));
  }

  /** Deletes what was published before the instant and has been handled by every group that the topic has. */
  prune(publishedBefore: number): void {
    this.#database.transaction(() =>
      this.#database
        .sql(
          `DELETE FROM log WHERE published_at < ?
             AND last < (SELECT min(next) FROM positions WHERE positions.topic = log.topic)`,
        )
        .run(publishedBefore),
    );
  }

  #find(topic: string): number | undefined {
    const known = this.#ids.get(topic);
    if (known !== undefined) return known;
    const row = this.#database.sql('SELECT id FROM topics WHERE name = ?').get(topic) as
      { id: number } | undefined;
    if (row !== undefined) this.#ids.set(topic, row.id);
    return row?.id;
  }

  #findOrMake(topic: string): number {
    const found = this.#find(topic);
    if (found !== undefined) return found;
    this.#database.sql('INSERT INTO topics (name) VALUES (?)').run(topic);
    return this.#find(topic) as number;
  }

  #nextOf(id: number): number {
    let next = this.#nexts.get(id);
    if (next === undefined) {
      const row = this.#database.sql('SELECT max(last) AS last FROM log WHERE topic = ?').get(id) as {
        last: number | null;
      };
      const committed = this.#database
        .sql('SELECT max(next) AS next FROM positions WHERE topic = ?')
        .get(id) as { next: number | null };
      // After everything was pruned only the positions still know how far the offsets had come.
      next = Math.max((row.last ?? -1) + 1, committed.next ?? 0);
      this.#nexts.set(id, next);
    }
    return next;
  }

  /** The batch that has the offset, or the next one that is kept. */
  #batchWith(topic: string, offset: number): Batch | undefined {
    const id = this.#find(topic);
    if (id === undefined) return undefined;
    const row = this.#database
      .sql(
        'SELECT first, last, published_at, body FROM log WHERE topic = ? AND last >= ? ORDER BY last LIMIT 1',
      )
      .get(id, offset) as { first: number; last: number; published_at: number; body: Uint8Array } | undefined;
    if (row === undefined) return undefined;
    const { first, last, published_at: publishedAt } = row;
    const deliveries = decodeBatch(row.body).map((message, i) => ({
      ...message,
      headers: message.headers ?? {},
      topic,
      partition: 0,
      offset: String(first + i),
      publishedAt,
    }));
    return { first, last, deliveries };
  }
}

/** A row takes messages until they have so many bytes together: SQLite's have a limit, and whoever reads holds a row. */
const ROW_BYTES = 4 * 1024 * 1024;
/** Deliveries are given until they have so many bytes together. */
const DELIVERED_BYTES = 16 * 1024 * 1024;

/** The messages in their order, as many as a row takes at a time. */
function* rowsOf(messages: readonly Message[]): Generator<readonly Message[]> {
  let [from, bytes] = [0, 0];
  for (const [at, { value }] of messages.entries()) {
    if (at > from && bytes + value.byteLength > ROW_BYTES) {
      yield messages.slice(from, at);
      [from, bytes] = [at, 0];
    }
    bytes += value.byteLength;
  }
  yield messages.slice(from);
}

/** What was published at once. */
interface Batch {
  readonly first: number;
  readonly last: number;
  readonly deliveries: readonly Delivery[];
}

/** Reads a topic forwards, keeping the batch that it stands in so that big batches are decoded once. */
export class TopicReader {
  readonly #read: (offset: number) => Batch | undefined;
  #held: Batch | undefined;

  constructor(read: (offset: number) => Batch | undefined) {
    this.#read = read;
  }

  /** Up to `max` deliveries from the offset on, fewer where they are big; none at the end of the topic. */
  from(offset: number, max: number): Delivery[] {
    const found: Delivery[] = [];
    let bytes = 0;
    for (let at = offset; found.length < max && bytes < DELIVERED_BYTES;) {
      const batch = this.#batchWith(at);
      if (batch === undefined) break;
      const start = Math.max(at, batch.first) - batch.first;
      const taken = batch.deliveries.slice(start, start + max - found.length);
      found.push(...taken);
      bytes += taken.reduce((sum, { value }) => sum + value.byteLength, 0);
      at = batch.first + start + taken.length;
    }
    return found;
  }

  #batchWith(offset: number): Batch | undefined {
    const held = this.#held;
    if (held !== undefined && held.first <= offset && offset <= held.last) return held;
    const read = this.#read(offset);
    if (read !== undefined) this.#held = read;
    return read;
  }
}
