import type { Admin } from 'kafkajs';
import type { Asking } from './asking.ts';
import type { KafkaOptions } from './options.ts';

/** How many partitions a topic gets, unless set. */
export const PARTITIONS = 12;

/** Makes topics before they are used: brokers are not trusted to make them with the right partitions. */
export function topicMaker(ask: Asking['ask'], options: KafkaOptions) {
  const ready = new Map<string, Promise<void>>();

  /** Partitions bound how many instances can share a topic, and changing them breaks the order within keys. */
  const tellPartitions = async (client: Admin, topic: string) => {
    const { topics } = await client.fetchTopicMetadata({ topics: [topic] });
    const has = topics[0]?.partitions.length;
    const wanted = options.partitions ?? PARTITIONS;
    if (has !== undefined && has < wanted)
      options.log?.(
        'warn',
        'A topic has fewer partitions than are set: no more instances than that share its work',
        {
          topic,
          partitions: has,
          set: wanted,
        },
      );
  };

  const make = async (client: Admin, topic: string) => {
    if ((await client.listTopics()).includes(topic)) {
      await tellPartitions(client, topic);
      return;
    }
    await client.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic,
          numPartitions: options.partitions ?? PARTITIONS,
          replicationFactor: options.replicationFactor ?? -1,
        },
      ],
    });
  };

  /** Fulfilled when the topic exists. */
  return (topic: string): Promise<void> => {
    let made = ready.get(topic);
    if (made === undefined) {
      made = ask((client) => make(client, topic));
      ready.set(topic, made);
      made.catch(() => ready.delete(topic));
    }
    return made;
  };
}
