import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { ConsumeOptions, Delivery } from '../bus.ts';
import type { HoleFinder } from './holes.ts';

/** Below the session's timeout of 30 seconds, so that a long batch does not cost the partition. */
const HEARTBEAT_INTERVAL_MS = 3_000;

/** What one consumption is about. */
export interface Consumption {
  /** The topic's name without a prefix, as deliveries show it. */
  readonly topic: string;
  readonly batchMax: number;
  readonly signal: AbortSignal;
  readonly handler: (batch: readonly Delivery[]) => Promise<void>;
  readonly holes: HoleFinder;
  readonly onHole: ConsumeOptions['onHole'];
  /** Told of the handler's error, after which no more batches are to come. */
  readonly failed: (error: unknown) => void;
}

/**
 * Handles one fetched batch in small steps: handle, commit, heartbeat, in this order. A rebalance that shows at the
 * heartbeat then finds everything committed that was done, so nothing is done twice.
 */
export async function handleBatch(
  consumer: Consumer,
  payload: EachBatchPayload,
  consumption: Consumption,
): Promise<void> {
  const { batch } = payload;
  const { topic, batchMax, signal, handler, holes, failed } = consumption;
  try {
    const hole = await holes.before(batch);
    if (hole !== undefined) await consumption.onHole?.(hole);
  } catch (error) {
    failed(error);
    return;
  }
  for (let at = 0; at < batch.messages.length; at += batchMax) {
    if (signal.aborted || !payload.isRunning() || payload.isStale()) return;
    const messages = batch.messages.slice(at, at + batchMax);
    const deliveries = messages.map((message) => deliveryOf(topic, batch.partition, message));
    // While the handler works nobody else sends heartbeats. A failing one shows again below.
    const beating = setInterval(() => void payload.heartbeat().catch(() => {}), HEARTBEAT_INTERVAL_MS);
    try {
      await handler(deliveries);
    } catch (error) {
      failed(error);
      return;
    } finally {
      clearInterval(beating);
    }
    const last = messages.at(-1)?.offset ?? batch.lastOffset();
    const offset = String(BigInt(last) + 1n);
    const { partition } = batch;
    const publishedAt = deliveries.at(-1)?.publishedAt ?? 0;
    const metadata = String(publishedAt);
    await consumer.commitOffsets([{ topic: batch.topic, partition, offset, metadata }]);
    holes.handled(partition, Number(offset), publishedAt);
    payload.resolveOffset(last);
    await payload.heartbeat();
  }
}

/** A message of the broker as a delivery. */
export function deliveryOf(topic: string, partition: number, message: KafkaMessage): Delivery {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) headers[name] = String(first);
  }
  return {
    topic,
    partition,
    offset: message.offset,
    publishedAt: Number(message.timestamp),
    key: message.key?.toString() ?? '',
    // A message without a value is a tombstone: an empty value is no message of ours, and is set aside as such.
    value: message.value ?? Buffer.alloc(0),
    headers,
  };
}
