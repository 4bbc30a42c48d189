import { deadLetterOf, deadLetterTopic, type Bus } from '../bus.ts';
import { messagesBetween } from '../places.ts';
import { explainedKafka } from './client.ts';
import { kafkaConnection } from './connection.ts';
import { consume, HandlerFailed } from './consume.ts';
import type { KafkaOptions } from './options.ts';
import { holds } from './holds.ts';
import { endsToRead, messagesAt, messagesBefore } from './peek.ts';
import { endsOf, positionsOf } from './places.ts';
import { publish } from './publish.ts';

/**
 * A bus on Kafka. Connects when first used, and again by itself after the brokers were away.
 *
 * Messages are acknowledged by all in-sync replicas. Partitions are chosen by key with the hash that Java clients use.
 * A group is called `<group>.<topic>` on the broker, so that groups read several topics without disturbing themselves.
 */
export async function openKafkaBus(options: KafkaOptions): Promise<Bus> {
  const kafka = await kafkaConnection(options);
  const closed = new AbortController();
  const running = new Set<Promise<void>>();

  /** Runs `body`, which does something to a topic, with the client's errors in words that help. */
  const doing = async <T>(topic: string, what: string, body: () => Promise<T>): Promise<T> => {
    if (closed.signal.aborted) throw new Error(`The bus is closed: ${what} is not possible any more.`);
    try {
      return await body();
    } catch (error) {
      kafka.doubtTopic(topic);
      // Beside what the handler threw there is what was asked of the brokers meanwhile.
      throw explainedKafka(error instanceof HandlerFailed ? error.cause : error, what, options);
    }
  };
  const publishing: Bus['publish'] = (topic, messages) =>
    doing(topic, `publishing on ${topic}`, () => publish(kafka, topic, messages));

  return {
    publish: publishing,
    holds: (topic, place, by) =>
      doing(topic, `looking whether ${topic} was made anew`, () => holds(kafka, topic, place, by)),
    async deadLetters(topic, some) {
      await publishing(deadLetterTopic(topic), some.map(deadLetterOf));
    },

    consume(topic, group, handler, consumeOptions) {
      const signal = AbortSignal.any([consumeOptions.signal, closed.signal]);
      const consumption = doing(topic, `consuming ${topic}`, () =>
        consume(kafka, topic, group, handler, { ...consumeOptions, signal }),
      ).finally(() => running.delete(consumption));
      running.add(consumption);
      return consumption;
    },

    async *peek(topic) {
      const ends = await doing(topic, `looking at ${topic}`, () => endsToRead(kafka, topic));
      yield* messagesBefore(kafka, topic, ends);
    },

    async *read(topic, places) {
      yield* await doing(topic, `reading messages of ${topic}`, () => messagesAt(kafka, topic, places));
    },

    ends: (topic) => doing(topic, `reading the end of ${topic}`, () => endsOf(kafka, topic)),
    positions: (topic, group) =>
      doing(topic, `reading how far ${group} has come in ${topic}`, () => positionsOf(kafka, topic, group)),
    lag: (topic, group) =>
      doing(topic, `reading the lag of ${topic}`, async () =>
        // The end is read last: what came meanwhile waits.
        messagesBetween(await positionsOf(kafka, topic, group), await endsOf(kafka, topic)),
      ),

    async close() {
      if (closed.signal.aborted) return;
      closed.abort();
      await Promise.allSettled(running);
      await kafka.close();
    },
  };
}
