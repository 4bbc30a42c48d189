import { randomUUID } from 'node:crypto';
import type { Message, Place } from '../bus.ts';
import { noticeOf, refusedByTopic, publishable } from '../notice.ts';
import { inParts, sizeOf } from '../parts.ts';
import { namesOf } from './client.ts';
import type { KafkaConnection } from './connection.ts';
import type { Room } from './room.ts';

/** Sends messages that fit at once. @returns where one of them is. @throws the client's error. */
type Send = (messages: readonly Message[]) => Promise<Place | undefined>;

/**
 * Publishes messages, in their order; fulfilled when all in-sync replicas have them. What is larger than the topic takes goes in parts, and
 * what does not go in parts either as a notice.
 */
export async function publish(
  kafka: KafkaConnection,
  topic: string,
  messages: readonly Message[],
): Promise<Place | undefined> {
  if (messages.length === 0) return undefined;
  const name = await kafka.topic(topic);
  const room = kafka.roomIn(name);
  const producer = await kafka.producer();
  const send: Send = async (some) => {
    const [sent] = await producer.send({
      topic: name,
      acks: -1,
      compression: kafka.compression,
      messages: some.map(({ key, value, headers }) => ({
        key,
        value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
        ...(headers !== undefined && { headers: { ...headers } }),
      })),
    });
    return sent?.baseOffset === undefined
      ? undefined
      : { partition: sent.partition, offset: sent.baseOffset };
  };
  let last: Place | undefined;
  const all = publishable(messages);
  for (let at = 0; at < all.length;) {
    const count = fitting(all, at, room);
    try {
      if (count > 0) last = await send(all.slice(at, at + count));
      else last = await sendInParts(name, all[at]!, room, send);
      at += Math.max(1, count);
    } catch (error) {
      // What was refused is sent again in smaller pieces; where there are none, it alone stays out.
      if (!isTooLarge(error)) throw error;
      if (room.shrink()) continue;
      last = await send([noticeOf(all[at]!, refusedByTopic(name, all[at]!, room.bytes))]);
      at += 1;
    }
  }
  return last;
}

/** How many messages, from one on, fit together; none where that one does not fit. */
function fitting(messages: readonly Message[], from: number, { bytes, isLeast }: Room): number {
  let sum = 0;
  for (let at = from; at < messages.length; at++) {
    sum += sizeOf(messages[at]!);
    if (sum > bytes) return at - from;
    // As long as something is refused nobody knows which message it is.
    if (isLeast) return 1;
  }
  return messages.length - from;
}

/** A part is sent when the one before is there, so that they come in order; a notice where not even key and headers fit. */
async function sendInParts(
  topic: string,
  message: Message,
  room: Room,
  send: Send,
): Promise<Place | undefined> {
  const parts = inParts(message, room.bytes, randomUUID());
  if (parts === undefined) return send([noticeOf(message, refusedByTopic(topic, message, room.bytes))]);
  let last: Place | undefined;
  await room.alone(async () => {
    for (const part of parts) last = await send([part]);
  });
  return last;
}

const isTooLarge = (error: unknown): boolean =>
  namesOf(error).some((name) => /^(MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE)$/.test(name));
