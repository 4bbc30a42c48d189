import type { Admin, ITopicConfig } from 'kafkajs';
import type { Asking } from './asking.ts';
import { namesOf } from './client.ts';
import type { KafkaOptions } from './options.ts';
import type { Room } from './room.ts';
import { problemsOf, SETTING_NAMES, TOPIC_SETTINGS } from './topic-settings.ts';

/** How many partitions a topic gets, unless set. */
export const PARTITIONS = 12;

/** As the client's library numbers what can have settings. */
const TOPIC = 2;

/**
 * Makes topics before they are used: brokers are not trusted to make them with the right partitions and settings. Of topics that are
 * there, it says what does not fit.
 *
 * @param roomIn is told how much a topic takes at once.
 */
export function topicMaker(ask: Asking['ask'], options: KafkaOptions, roomIn: (topic: string) => Room) {
  const ready = new Map<string, Promise<void>>();

  const make = async (client: Admin, topic: string) => {
    if ((await client.listTopics()).includes(topic)) await tellPartitions(client, topic, options);
    else await create(client, topic, options);
    const settings = await settingsOf(client, topic, options);
    const limit = Number(settings.get('max.message.bytes') ?? NaN);
    if (limit > 0) roomIn(topic).fit(limit);
    for (const { level, message, ...details } of problemsOf(settings)) {
      options.log?.(level, message, { topic, ...details });
      options.onUnfit?.(topic, message);
    }
  };

  return {
    /** Fulfilled when the topic exists. */
    ready(topic: string): Promise<void> {
      let made = ready.get(topic);
      if (made === undefined) {
        made = ask((client) => make(client, topic));
        ready.set(topic, made);
        made.catch(() => ready.delete(topic));
      }
      return made;
    },
    /** Looks at the next use whether it is there still. */
    doubt: (topic: string): void => void ready.delete(topic),
  };
}

/** Partitions bound how many instances can share a topic, and changing them breaks the order within keys. */
async function tellPartitions(client: Admin, topic: string, { partitions, log }: KafkaOptions) {
  const { topics } = await client.fetchTopicMetadata({ topics: [topic] });
  const has = topics[0]?.partitions.length;
  const wanted = partitions ?? PARTITIONS;
  if (has !== undefined && has < wanted)
    log?.('warn', 'A topic has fewer partitions than are set: no more instances than that share its work', {
      topic,
      partitions: has,
      set: wanted,
    });
}

async function create(client: Admin, topic: string, { partitions, replicationFactor }: KafkaOptions) {
  const wanted: ITopicConfig = {
    topic,
    numPartitions: partitions ?? PARTITIONS,
    replicationFactor: replicationFactor ?? -1,
  };
  const configEntries = Object.entries(TOPIC_SETTINGS).map(([name, value]) => ({ name, value }));
  try {
    await client.createTopics({ waitForLeaders: true, topics: [{ ...wanted, configEntries }] });
  } catch (error) {
    // Some brokers let nobody choose: what they choose is looked at behind this.
    if (!/INVALID_CONFIG|POLICY_VIOLATION/.test(namesOf(error).join(' '))) throw error;
    await client.createTopics({ waitForLeaders: true, topics: [wanted] });
  }
}

/** Looking at settings needs a right of its own, without which the topic's limit shows when it refuses something. */
async function settingsOf(
  client: Admin,
  topic: string,
  { log }: KafkaOptions,
): Promise<ReadonlyMap<string, string>> {
  try {
    const resources = [{ type: TOPIC, name: topic, configNames: [...SETTING_NAMES] }];
    const { resources: described } = await client.describeConfigs({ resources, includeSynonyms: false });
    const entries = described.flatMap(({ configEntries }) => configEntries);
    return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
  } catch (error) {
    if ((error as { retriable?: unknown }).retriable === true) throw error;
    log?.('debug', 'The settings of a topic cannot be looked at', { topic, error });
    return new Map();
  }
}
