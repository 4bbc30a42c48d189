import type { Bus, Delivery, Hole, Place } from './bus/bus.ts';

/** A topic, and where on it something was published. */
export interface Published extends Place {
  readonly topic: string;
}

/** The header of a message that vouches for others: `topic/partition@offset` of one of the last of them, of each topic. */
const BEHIND = 'behind';
const PLACE = /^([\w.-]+)\/(\d{1,9})@(\d{1,19})$/;

export function behindHeader(
  published: readonly (Published | undefined)[],
): Readonly<Record<string, string>> {
  const places = published.flatMap((one) =>
    one === undefined ? [] : [`${one.topic}/${one.partition}@${one.offset}`],
  );
  return places.length === 0 ? {} : { [BEHIND]: places.join(',') };
}

const placesBehind = ({ headers }: Delivery): Published[] =>
  (headers[BEHIND] ?? '').split(',').flatMap((text) => {
    const [, topic, partition, offset] = PLACE.exec(text) ?? [];
    return topic === undefined ? [] : [{ topic, partition: Number(partition), offset: offset! }];
  });

/**
 * What stood behind messages and was deleted with its topic, which was made anew: by topic and partition, up to when. It may have been
 * handled before; nobody knows. Where a topic is the one of an older message, it is that of all that came after it.
 *
 * @param topics those that are looked at.
 */
export async function deletedBehind(
  bus: Bus,
  deliveries: readonly Delivery[],
  topics: readonly string[],
): Promise<Hole[]> {
  const deleted = new Map<string, Hole>();
  const sure = new Set<string>();
  for (const delivery of deliveries.toSorted((a, b) => a.publishedAt - b.publishedAt)) {
    for (const { topic, partition, offset } of placesBehind(delivery)) {
      if (sure.has(topic) || !topics.includes(topic)) continue;
      const before = delivery.publishedAt;
      if (await bus.holds(topic, { partition, offset }, before)) sure.add(topic);
      else
        deleted.set(`${topic}/${partition}`, {
          topic,
          partition,
          from: Number(offset),
          to: Number(offset),
          before,
        });
    }
  }
  return [...deleted.values()];
}
