import { randomUUID } from 'node:crypto';
import type { Consumer } from 'kafkajs';
import type { Delivery, Place } from '../bus.ts';
import { assemblies } from './assemblies.ts';
import type { KafkaConnection } from './connection.ts';
import { deliveryOf } from './delivery.ts';
import { marksOf } from './places.ts';

/** For each partition that has messages now, the offset after its last one. */
export async function endsToRead(kafka: KafkaConnection, topic: string): Promise<Map<number, bigint>> {
  const ends = new Map<number, bigint>();
  for (const { partition, low, high } of await marksOf(kafka, topic)) {
    if (BigInt(high) > BigInt(low)) ends.set(partition, BigInt(high));
  }
  return ends;
}

/** How far before a message reading begins: it may have been published in parts. */
const BEFORE = 1_000n;

/** The messages at places, as far as they are kept. */
export async function messagesAt(
  kafka: KafkaConnection,
  topic: string,
  places: readonly Place[],
): Promise<AsyncIterable<Delivery>> {
  const wanted = Map.groupBy(places, ({ partition }) => partition);
  const [starts, ends] = [new Map<number, bigint>(), new Map<number, bigint>()];
  for (const { partition, low, high } of await marksOf(kafka, topic)) {
    const kept = (wanted.get(partition) ?? [])
      .map(({ offset }) => BigInt(offset))
      .filter((offset) => offset >= BigInt(low) && offset < BigInt(high));
    if (kept.length === 0) continue;
    const first = kept.reduce((least, offset) => (offset < least ? offset : least)) - BEFORE;
    starts.set(partition, first > BigInt(low) ? first : BigInt(low));
    ends.set(partition, kept.reduce((most, offset) => (offset > most ? offset : most)) + 1n);
  }
  const asked = new Set(places.map(({ partition, offset }) => `${partition}/${offset}`));
  const found = messagesBefore(kafka, topic, ends, starts);
  return (async function* () {
    for await (const delivery of found)
      if (asked.has(`${delivery.partition}/${delivery.offset}`)) yield delivery;
  })();
}

/** The messages before the ends, from the first or from the starts on, read by a group of its own that is gone afterwards. */
export async function* messagesBefore(
  kafka: KafkaConnection,
  topic: string,
  ends: Map<number, bigint>,
  starts: ReadonlyMap<number, bigint> = new Map(),
): AsyncGenerator<Delivery> {
  if (ends.size === 0) return;
  const id = kafka.groupId(`peek-${randomUUID()}`, topic);
  const consumer = kafka.consumer(id);
  const found: Delivery[] = [];
  let wake = () => {};
  try {
    await consumer.connect();
    const name = await kafka.topic(topic);
    await consumer.subscribe({ topics: [name], fromBeginning: true });
    await collect(consumer, topic, ends, (deliveries) => {
      found.push(...deliveries);
      wake();
    });
    for (const [partition, offset] of starts)
      consumer.seek({ topic: name, partition, offset: String(offset) });
    while (ends.size > 0 || found.length > 0) {
      yield* found.splice(0);
      if (ends.size > 0 && found.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    await consumer.disconnect();
    await kafka
      .ask((admin) => admin.deleteGroups([id]))
      .catch((error: unknown) => {
        if (!isGone(error)) throw error;
      });
  }
}

/** Brokers let go by themselves of a group that has no members and no places. */
const isGone = (error: unknown): boolean => {
  const { groups = [] } = error as { groups?: readonly { readonly error?: { readonly type?: unknown } }[] };
  return groups.length > 0 && groups.every((group) => group.error?.type === 'GROUP_ID_NOT_FOUND');
};

/** Starts to read; takes a partition out of `ends` when it was read that far. */
function collect(
  consumer: Consumer,
  topic: string,
  ends: Map<number, bigint>,
  keep: (deliveries: readonly Delivery[]) => void,
): Promise<void> {
  const parts = assemblies();
  return consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async (payload) => {
      const { batch } = payload;
      const end = ends.get(batch.partition) ?? 0n;
      const wanted = batch.messages.filter(({ offset }) => BigInt(offset) < end);
      payload.resolveOffset(batch.lastOffset());
      if (BigInt(batch.lastOffset()) + 1n >= end) ends.delete(batch.partition);
      const records = wanted.map((message) => deliveryOf(topic, batch.partition, message));
      keep(records.flatMap((record) => parts.of(batch.partition).take(record, 0)));
    },
  });
}
