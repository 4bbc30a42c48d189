import type { Message } from '../bus.ts';
import type { KafkaConnection } from './connection.ts';

/** Brokers refuse batches above 1 MiB unless told otherwise; what is sent at once stays well below. */
const SEND_BYTES_MAX = 512 * 1024;

/** Publishes messages, in their order; fulfilled when all in-sync replicas have them. */
export async function publish(
  kafka: KafkaConnection,
  topic: string,
  messages: readonly Message[],
): Promise<void> {
  if (messages.length === 0) return;
  const name = await kafka.topic(topic);
  const producer = await kafka.producer();
  for (const batch of sendable(messages)) {
    await producer.send({
      topic: name,
      acks: -1,
      compression: kafka.compression,
      messages: batch.map(({ key, value, headers }) => ({
        key,
        value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
        ...(headers !== undefined && { headers: { ...headers } }),
      })),
    });
  }
}

/** The messages in their order, in batches that a broker takes. */
function* sendable(messages: readonly Message[]): Generator<Message[]> {
  let batch: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (batch.length > 0 && bytes + message.value.length > SEND_BYTES_MAX) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += message.value.length;
  }
  if (batch.length > 0) yield batch;
}
