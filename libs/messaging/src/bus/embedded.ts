import { setImmediate } from 'node:timers/promises';
import { join } from 'node:path';
import { openDatabase, type Database } from '@margay/sqlite';
import { decodeBatch, encodeBatch } from './batch-format.ts';
import { deadLetterOf, deadLetterTopic, type Bus, type Delivery, type Message } from './bus.ts';
import { turns, wakeUps } from './waiting.ts';

/** How the embedded bus behaves. */
export interface EmbeddedBusOptions {
  /**
   * How long messages are kept after every group of their topic has handled them; 7 days unless set. Messages that
   * some group has yet to handle, and dead letters, are kept for as long as it takes.
   */
  readonly retentionHours?: number;
}

const MIGRATIONS = [
  `CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
   -- One row for each published batch: its messages have the offsets from first to last.
   CREATE TABLE log (
     id INTEGER PRIMARY KEY, topic INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
     published_at INTEGER NOT NULL, body BLOB NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX log_by_offset ON log (topic, last);
   -- next is the offset of the first message that the group has not handled.
   CREATE TABLE positions (
     topic INTEGER NOT NULL, "group" TEXT NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (topic, "group")
   ) STRICT, WITHOUT ROWID`,
];

const BATCH_MAX = 500;
const PRUNE_INTERVAL_MS = 3_600_000;
const DEFAULT_RETENTION_HOURS = 168;

interface Waiting {
  readonly topic: string;
  readonly messages: readonly Message[];
  readonly fulfil: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * A durable bus in the file `bus.db` of a folder (or `:memory:`), for all services in one process.
 *
 * `publish` is fulfilled after the log has been flushed to the disk, so neither `kill -9` nor a power cut loses what
 * was acknowledged; batches published at the same moment share one flush. Consumers are woken by the publisher and
 * never poll. Each topic has one partition.
 *
 * @throws DatabaseUnusable when the file cannot be used, with what to do.
 */
export function openEmbeddedBus(directory: string, options: EmbeddedBusOptions = {}): Bus {
  const path = directory === ':memory:' ? directory : join(directory, 'bus.db');
  const database = openDatabase(path, { synchronous: 'full', migrations: MIGRATIONS });
  const log = topicLog(database);
  const closed = new AbortController();
  const woken = wakeUps();
  const turn = turns();
  const running = new Set<Promise<void>>();
  const retentionMs = (options.retentionHours ?? DEFAULT_RETENTION_HOURS) * 3_600_000;
  let prunedAt = 0;
  let waiting: Waiting[] = [];

  /** Writes everything that waits in one transaction: one flush to the disk for all. */
  const flush = () => {
    const batches = waiting;
    waiting = [];
    const now = Date.now();
    try {
      database.transaction(() => {
        for (const { topic, messages } of batches) log.append(topic, messages, now);
      });
    } catch (error) {
      log.forgetCounts();
      for (const { reject } of batches) reject(error);
      return;
    }
    for (const { fulfil } of batches) fulfil();
    for (const { topic } of batches) woken.wake(topic);
    if (now - prunedAt > PRUNE_INTERVAL_MS) {
      prunedAt = now;
      log.prune(now - retentionMs);
    }
  };

  const publish = (topic: string, messages: readonly Message[]): Promise<void> => {
    if (closed.signal.aborted)
      return Promise.reject(new Error(`The bus is closed: ${topic} takes no messages.`));
    if (messages.length === 0) return Promise.resolve();
    return new Promise((fulfil, reject) => {
      if (waiting.length === 0) void setImmediate().then(flush);
      waiting.push({ topic, messages, fulfil, reject });
    });
  };

  const run = async (
    topic: string,
    group: string,
    handler: (batch: readonly Delivery[]) => Promise<void>,
    signal: AbortSignal,
    batchMax: number,
  ) => {
    const done = await turn(`${topic}\n${group}`, signal);
    try {
      const reader = log.reader(topic);
      while (!signal.aborted) {
        const batch = reader.from(log.position(topic, group), batchMax);
        const last = batch.at(-1);
        if (last === undefined) {
          await woken.next(topic, signal);
          continue;
        }
        await handler(batch);
        log.commit(topic, group, Number(last.offset) + 1);
        // Handlers that never wait must not keep timers and sockets from their turn.
        await setImmediate();
      }
    } finally {
      done();
    }
  };

  return {
    publish,
    consume(topic, group, handler, { signal, batchMax = BATCH_MAX }) {
      const either = AbortSignal.any([signal, closed.signal]);
      const consumption = run(topic, group, handler, either, batchMax).finally(() =>
        running.delete(consumption),
      );
      running.add(consumption);
      return consumption;
    },
    deadLetter: (topic, delivery, error) => publish(deadLetterTopic(topic), [deadLetterOf(delivery, error)]),
    async *peek(topic) {
      const end = log.next(topic);
      const reader = log.reader(topic);
      for (let at = 0; at < end;) {
        const batch = reader.from(at, BATCH_MAX);
        if (batch.length === 0) return;
        for (const delivery of batch) if (Number(delivery.offset) < end) yield delivery;
        at = Number(batch.at(-1)?.offset) + 1;
      }
    },
    lag: (topic, group) => Promise.resolve(log.count(topic, log.position(topic, group))),
    async close() {
      if (closed.signal.aborted) return;
      if (waiting.length > 0) flush();
      closed.abort();
      await Promise.allSettled(running);
      database.close();
    },
  };
}

/** The tables of the log, topic by topic. */
function topicLog(database: Database) {
  const ids = new Map<string, number>();
  const nexts = new Map<number, number>();

  const find = (topic: string): number | undefined => {
    const known = ids.get(topic);
    if (known !== undefined) return known;
    const row = database.sql('SELECT id FROM topics WHERE name = ?').get(topic) as { id: number } | undefined;
    if (row !== undefined) ids.set(topic, row.id);
    return row?.id;
  };
  const findOrMake = (topic: string): number => {
    const found = find(topic);
    if (found !== undefined) return found;
    database.sql('INSERT INTO topics (name) VALUES (?)').run(topic);
    return find(topic) as number;
  };
  const nextOf = (id: number): number => {
    let next = nexts.get(id);
    if (next === undefined) {
      const row = database.sql('SELECT max(last) AS last FROM log WHERE topic = ?').get(id) as {
        last: number | null;
      };
      const committed = database.sql('SELECT max(next) AS next FROM positions WHERE topic = ?').get(id) as {
        next: number | null;
      };
      // After everything was pruned only the positions still know how far the offsets had come.
      next = Math.max((row.last ?? -1) + 1, committed.next ?? 0);
      nexts.set(id, next);
    }
    return next;
  };

  return {
    append(topic: string, messages: readonly Message[], publishedAt: number): void {
      const id = findOrMake(topic);
      const first = nextOf(id);
      database
        .sql('INSERT INTO log (topic, first, last, published_at, body) VALUES (?, ?, ?, ?, ?)')
        .run(id, first, first + messages.length - 1, publishedAt, encodeBatch(messages));
      nexts.set(id, first + messages.length);
    },

    /** After a transaction that was rolled back: what is in memory may be ahead of the file. */
    forgetCounts(): void {
      ids.clear();
      nexts.clear();
    },

    next: (topic: string): number => {
      const id = find(topic);
      return id === undefined ? 0 : nextOf(id);
    },

    /** How many messages there are from the offset on, of those that are kept. */
    count: (topic: string, from: number): number => {
      const id = find(topic);
      if (id === undefined) return 0;
      const row = database
        .sql('SELECT first FROM log WHERE topic = ? AND last >= ? ORDER BY last LIMIT 1')
        .get(id, from) as { first: number } | undefined;
      return row === undefined ? 0 : nextOf(id) - Math.max(from, row.first);
    },

    position: (topic: string, group: string): number => {
      const id = find(topic);
      if (id === undefined) return 0;
      const row = database
        .sql('SELECT next FROM positions WHERE topic = ? AND "group" = ?')
        .get(id, group) as { next: number } | undefined;
      return row?.next ?? 0;
    },

    commit(topic: string, group: string, next: number): void {
      database.transaction(() => {
        database
          .sql(
            `INSERT INTO positions (topic, "group", next) VALUES (?, ?, ?)
             ON CONFLICT DO UPDATE SET next = excluded.next`,
          )
          .run(findOrMake(topic), group, next);
      });
    },

    /** Reads a topic forwards, keeping the batch that it stands in so that big batches are decoded once. */
    reader(topic: string) {
      let held: { first: number; last: number; deliveries: Delivery[] } | undefined;
      const batchWith = (offset: number) => {
        if (held !== undefined && held.first <= offset && offset <= held.last) return held;
        const id = find(topic);
        if (id === undefined) return undefined;
        const row = database
          .sql(
            'SELECT first, last, published_at, body FROM log WHERE topic = ? AND last >= ? ORDER BY last LIMIT 1',
          )
          .get(id, offset) as
          { first: number; last: number; published_at: number; body: Uint8Array } | undefined;
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
        held = { first, last, deliveries };
        return held;
      };
      return {
        /** Up to `max` deliveries from the offset on; none at the end of the topic. */
        from(offset: number, max: number): Delivery[] {
          const found: Delivery[] = [];
          for (let at = offset; found.length < max;) {
            const batch = batchWith(at);
            if (batch === undefined) break;
            const start = Math.max(at, batch.first) - batch.first;
            const taken = batch.deliveries.slice(start, start + max - found.length);
            found.push(...taken);
            at = batch.first + start + taken.length;
          }
          return found;
        },
      };
    },

    /** Deletes what was published before the instant and has been handled by every group that the topic has. */
    prune(publishedBefore: number): void {
      database
        .sql(
          `DELETE FROM log WHERE published_at < ?
             AND last < (SELECT min(next) FROM positions WHERE positions.topic = log.topic)`,
        )
        .run(publishedBefore);
    },
  };
}
