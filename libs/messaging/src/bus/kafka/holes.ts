import type { Batch } from 'kafkajs';
import type { Hole } from '../bus.ts';
import type { KafkaConnection } from './connection.ts';
import { committedOf, marksOf } from './places.ts';

/** Finds what the broker let go of before a group had handled it. Beside an offset is committed when the last message before it was published. */
export interface HoleFinder {
  /** The hole before a batch, if there is one. */
  before(batch: Batch): Promise<Hole | undefined>;
  /** Remembers that a batch was handled up to an offset, and when the last of it was published. */
  handled(partition: number, next: number, publishedAt: number): void;
  /** Forgets where the group stood: partitions that come back may have been handled by others. */
  forget(): void;
}

/** Where a group stands in a partition. */
interface Place {
  readonly next: number;
  readonly publishedAt?: number;
}

/**
 * The client goes on at the oldest message where the one that it asks for is gone, and says nothing. So the offsets that are asked
 * for are held against those that were committed; what lies between is a hole where the broker does not have it either: the
 * records by which transactions end have offsets, too, and nobody gets them.
 */
export function holeFinder(kafka: KafkaConnection, topic: string, group: string): HoleFinder {
  const places = new Map<number, Place>();

  const placeIn = async (partition: number): Promise<Place> => {
    const known = places.get(partition);
    if (known !== undefined) return known;
    const committed = (await committedOf(kafka, topic, group)).find((one) => one.partition === partition);
    const next = Math.max(0, Number(committed?.offset ?? -1));
    const publishedAt = Number(committed?.metadata || undefined);
    return { next, ...(Number.isFinite(publishedAt) && { publishedAt }) };
  };

  return {
    async before({ partition, messages, ...batch }) {
      const first = messages[0];
      const { next: from, publishedAt: after } = await placeIn(partition);
      const asked = Number((batch as { readonly fetchedOffset?: string }).fetchedOffset ?? first?.offset);
      if (first === undefined || asked === from) return undefined;
      const place = {
        topic,
        partition,
        ...(after !== undefined && { after }),
        before: Number(first.timestamp),
      };
      const to = Number(first.offset);
      // It was made anew: how far the old one went is not known.
      if (asked < from) return { ...place, from: to, to };
      const low = Number((await marksOf(kafka, topic)).find((one) => one.partition === partition)?.low ?? 0);
      return low > from ? { ...place, from, to: Math.min(low, to) } : undefined;
    },
    handled: (partition, next, publishedAt) => void places.set(partition, { next, publishedAt }),
    forget: () => places.clear(),
  };
}
