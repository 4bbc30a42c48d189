import type { SeekEntry } from 'kafkajs';
import type { Places } from '../places.ts';
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

/** The place that the topic's next message will have. */
export const endsOf = async (kafka: KafkaConnection, topic: string): Promise<Places> =>
  new Map((await marksOf(kafka, topic)).map(({ partition, high }) => [partition, BigInt(high)]));

/** The first message that is kept and that the group has not handled; what retention took counts as handled. */
export async function positionsOf(kafka: KafkaConnection, topic: string, group: string): Promise<Places> {
  const marks = await marksOf(kafka, topic);
  const committed = await committedOf(kafka, topic, group);
  const offsets = new Map(committed.map(({ partition, offset }) => [partition, BigInt(offset)]));
  return new Map(
    marks.map(({ partition, low }) => {
      const first = BigInt(low);
      const next = offsets.get(partition) ?? -1n;
      return [partition, next > first ? next : first];
    }),
  );
}
