import type { Admin } from 'kafkajs';
import type { KafkaOptions } from './options.ts';

/** How many partitions a topic gets, unless set. */
export const PARTITIONS = 12;

/** Makes topics before they are used: brokers are not trusted to make them with the right partitions. */
export function topicMaker(admin: () => Promise<Admin>, options: KafkaOptions) {
  const ready = new Map<string, Promise<void>>();

  const make = async (topic: string) => {
    const client = await admin();
    if ((await client.listTopics()).includes(topic)) return;
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
      made = make(topic);
      ready.set(topic, made);
      made.catch(() => ready.delete(topic));
    }
    return made;
  };
}
