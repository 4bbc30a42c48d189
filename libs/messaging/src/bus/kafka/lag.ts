import type { SeekEntry } from 'kafkajs';
import type { KafkaConnection } from './connection.ts';

/** The first and the next offset of each partition. */
export async function marksOf(
  kafka: KafkaConnection,
  topic: string,
): Promise<(SeekEntry & { readonly high: string; readonly low: string })[]> {
  const name = await kafka.topic(topic);
  return kafka.ask((admin) => admin.fetchTopicOffsets(name));
}

/** How far the group has come in each partition, -1 where it never was; with what it noted there. */
export async function committedOf(kafka: KafkaConnection, topic: string, group: string) {
  const asked = { groupId: kafka.groupId(group, topic), topics: [await kafka.topic(topic)] };
  const [committed] = await kafka.ask((admin) => admin.fetchOffsets(asked));
  return committed?.partitions ?? [];
}

/** How many messages of the topic the group has not handled yet. */
export async function lagOf(kafka: KafkaConnection, topic: string, group: string): Promise<number> {
  const marks = await marksOf(kafka, topic);
  const committed = await committedOf(kafka, topic, group);
  const offsets = new Map(committed.map(({ partition, offset }) => [partition, BigInt(offset)]));
  let lag = 0n;
  for (const { partition, low, high } of marks) {
    const from = offsets.get(partition) ?? -1n;
    lag += BigInt(high) - (from > BigInt(low) ? from : BigInt(low));
  }
  return Number(lag);
}
