import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { databaseIn, openDatabase } from '@margay/sqlite';
import {
  deadLetterOf,
  deadLetterTopic,
  type Bus,
  type ConsumeOptions,
  type Delivery,
  type Message,
} from './bus.ts';
import { publishable } from './notice.ts';
import { LOG_TABLES, TopicLog } from './topic-log.ts';
import { turns, wakeUps } from './waiting.ts';

/** How the embedded bus behaves. */
export interface EmbeddedBusOptions {
  /**
   * How long messages are kept after every group of their topic has handled them; 7 days unless set. Messages that
   * some group has yet to handle, and dead letters, which say where a message is, are kept for as long as it takes.
   */
  readonly retentionHours?: number;
}

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
 * A durable bus in the database of a folder (or `:memory:`), for all services in one process.
 *
 * It stands in the file of the stores, so that the place of a group and what the group has made of the messages before it are of
 * one state, whatever is lost of the end of that file. `publish` is fulfilled after the log has been flushed to the disk, so
 * neither `kill -9` nor a power cut loses what was acknowledged; batches published at the same moment share one flush. Consumers are woken by the publisher and
 * never poll. Each topic has one partition.
 *
 * @throws DatabaseUnusable when the file cannot be used, with what to do.
 */
export function openEmbeddedBus(directory: string, options: EmbeddedBusOptions = {}): Bus {
  const database = openDatabase(databaseIn(directory), {
    guest: 'bus',
    before: join(directory, 'bus.db'),
    migrations: [LOG_TABLES],
  });
  const log = new TopicLog(database);
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

  const publish = (topic: string, messages: readonly Message[]): Promise<undefined> => {
    if (closed.signal.aborted)
      return Promise.reject(new Error(`The bus is closed: ${topic} takes no messages.`));
    if (messages.length === 0) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      if (waiting.length === 0) void setImmediate().then(flush);
      waiting.push({ topic, messages: publishable(messages), fulfil: () => resolve(undefined), reject });
    });
  };

  const run = async (
    topic: string,
    group: string,
    handler: (batch: readonly Delivery[]) => Promise<void>,
    { signal, batchMax, onHole }: Required<Pick<ConsumeOptions, 'signal' | 'batchMax'>> & ConsumeOptions,
  ) => {
    const done = await turn(`${topic}\n${group}`, signal);
    try {
      const reader = log.reader(topic);
      while (!signal.aborted) {
        const from = log.position(topic, group);
        const batch = reader.from(from, batchMax);
        const [first, last] = [batch[0], batch.at(-1)];
        if (first === undefined || last === undefined) {
          await woken.next(topic, signal);
          continue;
        }
        const { partition, publishedAt: before } = first;
        const to = Number(first.offset);
        if (to > from) await onHole?.({ topic, partition, from, to, before });
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
    consume(topic, group, handler, { signal, batchMax = BATCH_MAX, ...options }) {
      const either = AbortSignal.any([signal, closed.signal]);
      const consumption = run(topic, group, handler, { ...options, signal: either, batchMax }).finally(() =>
        running.delete(consumption),
      );
      running.add(consumption);
      return consumption;
    },
    holds: () => Promise.resolve(true),
    async deadLetters(topic, some) {
      await publish(deadLetterTopic(topic), some.map(deadLetterOf));
    },
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
    async *read(topic, places) {
      const reader = log.reader(topic);
      for (const offset of new Set(places.map((place) => place.offset))) {
        const [found] = reader.from(Number(offset), 1);
        if (found?.offset === offset) yield found;
      }
    },
    ends: async (topic) => new Map([[0, BigInt(log.next(topic))]]),
    positions: async (topic, group) =>
      new Map([[0, BigInt(log.next(topic) - log.count(topic, log.position(topic, group)))]]),
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
