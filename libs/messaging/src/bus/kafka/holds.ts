import type { Place } from '../bus.ts';
import type { KafkaConnection } from './connection.ts';
import { messagesAt } from './peek.ts';
import { marksOf } from './places.ts';

/**
 * Whether the topic is the one on which something was published at a place by a time. Brokers tell topics of one name apart, but the
 * protocol that the client speaks does not: so it is held against when what stands there now was published.
 */
export async function holds(
  kafka: KafkaConnection,
  topic: string,
  { partition, offset }: Place,
  by: number,
): Promise<boolean> {
  const isIt = (one: { readonly partition: number }) => one.partition === partition;
  const marks = (await marksOf(kafka, topic)).find(isIt);
  if (marks === undefined || BigInt(offset) >= BigInt(marks.high)) return false;
  if (BigInt(offset) < BigInt(marks.low)) return true;
  const name = await kafka.topic(topic);
  const firsts = await kafka.ask((admin) => admin.fetchTopicOffsetsByTimestamp(name, by + 1));
  const later = BigInt(firsts.find(isIt)?.offset ?? -1);
  if (later < 0n || later > BigInt(offset)) return true;
  // Something before it was published later: the topic is another one, or the clocks of two who publish differ.
  for await (const { publishedAt } of await messagesAt(kafka, topic, [{ partition, offset }]))
    return publishedAt <= by;
  return false;
}
