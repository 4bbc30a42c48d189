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

/** How many messages of the topic the group has not handled yet. */
export async function lagOf(kafka: KafkaConnection, topic: string, group: string): Promise<number> {
  const marks = await marksOf(kafka, topic);
  const asked = { groupId: kafka.groupId(group, topic), topics: [await kafka.topic(topic)] };
  const [committed] = await kafka.ask((admin) => admin.fetchOffsets(asked));
  const offsets = new Map(committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
  let lag = 0n;
  for (const { partition, low, high } of marks) {
    const from = offsets.get(partition) ?? -1n;
    lag += BigInt(high) - (from > BigInt(low) ? from : BigInt(low));
  }
  return Number(lag);
}
