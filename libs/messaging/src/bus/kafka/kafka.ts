import { randomUUID } from 'node:crypto';
import type { Admin, Consumer, Producer } from 'kafkajs';
import {
  deadLetterOf,
  deadLetterTopic,
  type Bus,
  type ConsumeOptions,
  type Delivery,
  type Message,
} from '../bus.ts';
import { explainedKafka, kafkaClient, loadKafka } from './client.ts';
import { deliveryOf, handleBatch } from './consumption.ts';
import type { KafkaOptions } from './options.ts';
import { topicMaker } from './topics.ts';

const BATCH_MAX = 500;
/** Brokers refuse batches above 1 MiB unless told otherwise; what is sent at once stays well below. */
const SEND_BYTES_MAX = 512 * 1024;
/** Fetched at once from one partition: a bound on memory, and on what a lost partition costs. */
const FETCH_BYTES_PER_PARTITION = 1024 * 1024;
const FETCH_BYTES = 8 * 1024 * 1024;

/**
 * A bus on Kafka. Connects when first used, and again by itself after the brokers were away.
 *
 * Messages are acknowledged by all in-sync replicas. Partitions are chosen by key with the hash that Java clients use.
 * A group is called `<group>.<topic>` on the broker, so that groups read several topics without disturbing themselves.
 */
export async function openKafkaBus(options: KafkaOptions): Promise<Bus> {
  const library = await loadKafka();
  const kafka = kafkaClient(library, options);
  const closed = new AbortController();
  const running = new Set<Promise<void>>();
  const prefix = options.prefix ?? '';
  const groupId = (group: string, topic: string) => `${prefix}${group}.${topic}`;

  const producer = connectedOnce<Producer>(() =>
    kafka.producer({
      createPartitioner: library.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    }),
  );
  const admin = connectedOnce<Admin>(() => kafka.admin());
  const ready = topicMaker(() => admin.get(), options);

  /** Runs `body`, with the client's errors in words that help. */
  const doing = async <T>(what: string, body: () => Promise<T>): Promise<T> => {
    if (closed.signal.aborted) throw new Error(`The bus is closed: ${what} is not possible any more.`);
    try {
      return await body();
    } catch (error) {
      throw explainedKafka(error, what, options);
    }
  };

  const publish = (topic: string, messages: readonly Message[]): Promise<void> =>
    doing(`publishing on ${topic}`, async () => {
      if (messages.length === 0) return;
      await ready(prefix + topic);
      const client = await producer.get();
      for (const batch of sendable(messages)) {
        await client.send({
          topic: prefix + topic,
          acks: -1,
          compression: library.CompressionTypes.GZIP,
          messages: batch.map(({ key, value, headers }) => ({
            key,
            value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
            ...(headers !== undefined && { headers: { ...headers } }),
          })),
        });
      }
    });

  const newConsumer = (id: string): Consumer =>
    kafka.consumer({
      groupId: id,
      sessionTimeout: 30_000,
      rebalanceTimeout: 60_000,
      heartbeatInterval: 3_000,
      maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
      maxBytes: FETCH_BYTES,
      maxWaitTimeInMs: 500,
      allowAutoTopicCreation: false,
    });

  const run = async (
    topic: string,
    group: string,
    handler: (batch: readonly Delivery[]) => Promise<void>,
    { signal, batchMax = BATCH_MAX, partitionsAtOnce = 1 }: ConsumeOptions,
  ): Promise<void> => {
    if (signal.aborted) return;
    await ready(prefix + topic);
    const consumer = newConsumer(groupId(group, topic));
    const stop = new AbortController();
    const ended = Promise.withResolvers<void>();
    const handling = new Set<Promise<void>>();
    const end = () => {
      stop.abort();
      ended.resolve();
    };
    const fail = (error: unknown) => {
      stop.abort();
      ended.reject(error);
    };
    signal.addEventListener('abort', end);
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
      if (!restart) fail(error);
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [prefix + topic], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: partitionsAtOnce,
        eachBatch: (payload) => {
          const whole = handleBatch(consumer, payload, {
            topic,
            batchMax,
            handler,
            signal: stop.signal,
            failed: fail,
          });
          handling.add(whole);
          return whole.finally(() => handling.delete(whole));
        },
      });
      if (signal.aborted) end();
      await ended.promise;
    } finally {
      signal.removeEventListener('abort', end);
      stop.abort();
      // Batches at hand are committed before the consumer leaves its group.
      await Promise.allSettled(handling);
      await consumer.disconnect();
    }
  };

  const marks = async (topic: string) => {
    await ready(prefix + topic);
    return (await admin.get()).fetchTopicOffsets(prefix + topic);
  };

  return {
    publish,
    deadLetter: (topic, delivery, error) => publish(deadLetterTopic(topic), [deadLetterOf(delivery, error)]),

    consume(topic, group, handler, consumeOptions) {
      const signal = AbortSignal.any([consumeOptions.signal, closed.signal]);
      const consumption = doing(`consuming ${topic}`, () =>
        run(topic, group, handler, { ...consumeOptions, signal }),
      ).finally(() => running.delete(consumption));
      running.add(consumption);
      return consumption;
    },

    async *peek(topic) {
      const ends = new Map<number, bigint>();
      for (const { partition, low, high } of await doing(`looking at ${topic}`, () => marks(topic))) {
        if (BigInt(high) > BigInt(low)) ends.set(partition, BigInt(high));
      }
      if (ends.size === 0) return;
      const id = groupId(`peek-${randomUUID()}`, topic);
      const consumer = newConsumer(id);
      const found: Delivery[] = [];
      let wake = () => {};
      try {
        await consumer.connect();
        await consumer.subscribe({ topics: [prefix + topic], fromBeginning: true });
        await consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          eachBatch: async (payload) => {
            const { batch } = payload;
            const end = ends.get(batch.partition) ?? 0n;
            for (const message of batch.messages) {
              if (BigInt(message.offset) < end) found.push(deliveryOf(topic, batch.partition, message));
            }
            payload.resolveOffset(batch.lastOffset());
            if (BigInt(batch.lastOffset()) + 1n >= end) ends.delete(batch.partition);
            wake();
          },
        });
        while (ends.size > 0 || found.length > 0) {
          yield* found.splice(0);
          if (ends.size > 0 && found.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        await consumer.disconnect();
        await (await admin.get()).deleteGroups([id]);
      }
    },

    lag: (topic, group) =>
      doing(`reading the lag of ${topic}`, async () => {
        const ends = await marks(topic);
        const [committed] = await (
          await admin.get()
        ).fetchOffsets({ groupId: groupId(group, topic), topics: [prefix + topic] });
        const offsets = new Map(
          committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]),
        );
        let lag = 0n;
        for (const { partition, low, high } of ends) {
          const from = offsets.get(partition) ?? -1n;
          lag += BigInt(high) - (from > BigInt(low) ? from : BigInt(low));
        }
        return Number(lag);
      }),

    async close() {
      if (closed.signal.aborted) return;
      closed.abort();
      await Promise.allSettled(running);
      await Promise.all([producer.disconnect(), admin.disconnect()]);
    },
  };
}

/** A connection that is made at the first use; after a failure the next use tries again. */
function connectedOnce<T extends { connect(): Promise<void>; disconnect(): Promise<void> }>(make: () => T) {
  let connected: Promise<T> | undefined;
  const connect = async () => {
    const client = make();
    await client.connect();
    return client;
  };
  return {
    get(): Promise<T> {
      connected ??= connect().catch((error: unknown) => {
        connected = undefined;
        throw error;
      });
      return connected;
    },
    async disconnect(): Promise<void> {
      await (await connected?.catch(() => undefined))?.disconnect();
    },
  };
}

/** The messages in their order, in batches that a broker takes. */
function* sendable(messages: readonly Message[]): Generator<Message[]> {
  let batch: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (batch.length > 0 && bytes + message.value.length > SEND_BYTES_MAX) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += message.value.length;
  }
  if (batch.length > 0) yield batch;
}
