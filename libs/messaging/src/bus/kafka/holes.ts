import type { Batch } from 'kafkajs';
import type { Hole } from '../bus.ts';
import type { KafkaConnection } from './connection.ts';
import { messagesAt } from './peek.ts';
import { committedOf, marksOf } from './places.ts';

/** Finds what the broker let go of before a group had handled it. Beside an offset is committed when the last message before it was published. */
export interface HoleFinder {
  /** The hole before a batch, if there is one. */
  before(batch: Batch): Promise<Hole | undefined>;
  /** Remembers that a batch was handled up to an offset, and when the last of it was published. */
  handled(partition: number, next: number, publishedAt: number): void;
  /** Asks where the group stands: before this consumer joins it, and when others came or went who may have handled what it gets now. */
  ask(): Promise<void>;
  /** What lies before where the group stands, where that was set by somebody else, as administrators do: it may never have been handled. */
  passedOver(): Promise<readonly Hole[]>;
}

/** Where a group stands in a partition. */
interface Place {
  readonly next: number;
  readonly publishedAt?: number;
}

/**
 * The client goes on at the oldest message where the one that it asks for is gone, forgets where the group stood, and says nothing.
 * So the offsets that are asked for are held against those that had been committed; what lies between is a hole where the broker
 * does not have it either: the records by which transactions end have offsets, too, and nobody gets them.
 */
export function holeFinder(kafka: KafkaConnection, topic: string, group: string): HoleFinder {
  const places = new Map<number, Place>();

  let committed: ReturnType<typeof committedOf> = Promise.resolve([]);

  const placeIn = async (partition: number): Promise<Place> => {
    const known = places.get(partition);
    if (known !== undefined) return known;
    const { offset = -1, metadata } = (await committed).find((one) => one.partition === partition) ?? {};
    const publishedAt = Number(metadata || undefined);
    return { next: Math.max(0, Number(offset)), ...(Number.isFinite(publishedAt) && { publishedAt }) };
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
      const marks = (await marksOf(kafka, topic)).find((one) => one.partition === partition);
      const [low, high] = [Number(marks?.low ?? 0), Number(marks?.high ?? Infinity)];
      // It was made anew: how far the old one went is not known. Else what was handled comes once more.
      if (asked < from) return high < from ? { ...place, from: to, to } : undefined;
      return low > from ? { ...place, from, to: Math.min(low, to) } : undefined;
    },
    handled: (partition, next, publishedAt) => void places.set(partition, { next, publishedAt }),
    async passedOver() {
      // Consumers commit with a note, and tools for administrators without.
      const set = (await committed).filter(({ offset, metadata }) => !metadata && Number(offset) > 0);
      if (set.length === 0) return [];
      const lows = new Map(
        (await marksOf(kafka, topic)).map(({ partition, low }) => [partition, Number(low)]),
      );
      const holes = set
        .map(({ partition, offset }) => ({ partition, from: lows.get(partition) ?? 0, to: Number(offset) }))
        .filter(({ from, to }) => to > from);
      const lasts = holes.map(({ partition, to }) => ({ partition, offset: String(to - 1) }));
      const publishedAt = new Map<number, number>();
      for await (const last of await messagesAt(kafka, topic, lasts))
        publishedAt.set(last.partition, last.publishedAt);
      return holes.map((hole) => {
        const before = publishedAt.get(hole.partition) ?? Date.now();
        return { topic, ...hole, before, isPassedOver: true };
      });
    },
    async ask() {
      places.clear();
      committed = committedOf(kafka, topic, group);
      await committed;
    },
  };
}
