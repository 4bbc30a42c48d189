import type { ConsumeOptions, Delivery } from '../bus.ts';
import { assemblies } from './assemblies.ts';
import type { KafkaConnection } from './connection.ts';
import { handleBatch } from './consumption.ts';
import { holeFinder } from './holes.ts';

const BATCH_MAX = 500;

/** What a handler threw, as its cause: no error of the brokers, whatever it is called. */
export class HandlerFailed extends Error {
  constructor(cause: unknown) {
    super('The handler of a batch failed', { cause });
  }
}

/** Consumes a topic until the signal is aborted, the handler fails or the client gives up. @throws HandlerFailed */
export async function consume(
  kafka: KafkaConnection,
  topic: string,
  group: string,
  handler: (batch: readonly Delivery[]) => Promise<void>,
  { signal, batchMax = BATCH_MAX, partitionsAtOnce = 1, onHole }: ConsumeOptions,
): Promise<void> {
  if (signal.aborted) return;
  const name = await kafka.topic(topic);
  const consumer = kafka.consumer(kafka.groupId(group, topic), false);
  const stop = new AbortController();
  const ended = Promise.withResolvers<void>();
  const handling = new Set<Promise<void>>();
  const holes = holeFinder(kafka, topic, group);
  const parts = assemblies(kafka.partsMilliseconds, (place) => consumer.seek({ topic: name, ...place }));
  const end = () => {
    stop.abort();
    ended.resolve();
  };
  const fail = (error: unknown) => {
    stop.abort();
    ended.reject(error);
  };
  signal.addEventListener('abort', end);
  consumer.on(consumer.events.CRASH, ({ payload: { error } }) => fail(error));
  let joins = 0;
  consumer.on(consumer.events.GROUP_JOIN, () => {
    // It goes on where the group had committed, which somebody else may have done.
    parts.clear();
    if (joins++ > 0) holes.ask().catch(fail);
  });
  try {
    await holes.ask();
    if (onHole !== undefined) for (const hole of await holes.passedOver()) await onHole(hole);
    await consumer.connect();
    await consumer.subscribe({ topics: [name], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitionsAtOnce,
      eachBatch: (payload) => {
        const consumption = {
          topic,
          batchMax,
          handler,
          holes,
          onHole,
          assemblyOf: parts.of,
          signal: stop.signal,
          failed: (error: unknown) => fail(new HandlerFailed(error)),
        };
        const whole = handleBatch(consumer, payload, consumption);
        handling.add(whole);
        return whole.finally(() => handling.delete(whole));
      },
    });
    if (signal.aborted) end();
    await ended.promise;
  } finally {
    signal.removeEventListener('abort', end);
    parts.close();
    stop.abort();
    // Batches at hand are committed before the consumer leaves its group.
    await Promise.allSettled(handling);
    await consumer.disconnect();
  }
}
