import type { KafkaMessage } from 'kafkajs';
import type { Delivery } from '../bus.ts';

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
