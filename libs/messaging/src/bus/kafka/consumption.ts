import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { ConsumeOptions, Delivery } from '../bus.ts';
import type { Assembly } from '../parts.ts';
import { deliveryOf } from './delivery.ts';
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
  /** Puts the messages of a partition together. */
  readonly assemblyOf: (partition: number) => Assembly;
  /** Told of the handler's error, after which no more batches are to come. */
  readonly failed: (error: unknown) => void;
}

/**
 * Handles one fetched batch in small steps: handle, commit, heartbeat, in this order. A rebalance that shows at the
 * heartbeat then finds everything committed that was done, so nothing is done twice: but for what stands behind the first part of a
 * message whose last one has not come, since whoever begins anew has to begin there.
 */
export async function handleBatch(
  consumer: Consumer,
  payload: EachBatchPayload,
  consumption: Consumption,
): Promise<void> {
  const { batch } = payload;
  const { partition } = batch;
  const { topic, batchMax, signal, handler, holes, failed } = consumption;
  const assembly = consumption.assemblyOf(partition);
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
    const records = messages.map((message) => deliveryOf(topic, partition, message));
    const deliveries = records.flatMap((record) => assembly.take(record, Date.now()));
    // While the handler works nobody else sends heartbeats. A failing one shows again below.
    const beating = setInterval(() => void payload.heartbeat().catch(() => {}), HEARTBEAT_INTERVAL_MS);
    try {
      for (let from = 0; from < deliveries.length; from += batchMax)
        await handler(deliveries.slice(from, from + batchMax));
    } catch (error) {
      failed(error);
      return;
    } finally {
      clearInterval(beating);
    }
    const last = records.at(-1)!;
    const held = assembly.heldFrom;
    const offset = held?.offset ?? nextTo(last);
    const metadata = String((held ?? last).publishedAt);
    await consumer.commitOffsets([{ topic: batch.topic, partition, offset, metadata }]);
    holes.handled(partition, Number(nextTo(last)), last.publishedAt);
    payload.resolveOffset(last.offset);
    await payload.heartbeat();
  }
}

const nextTo = ({ offset }: Delivery): string => String(BigInt(offset) + 1n);
