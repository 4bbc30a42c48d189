import { Undecodable, type Topic } from '@margay/contracts';
import { traced, traceHeaders } from '@margay/runtime';
import type { Bus, ConsumeOptions, Delivery } from './bus/bus.ts';
import { Unprocessable } from './unprocessable.ts';

/** How a topic's messages are handled. */
export interface HandleOptions extends ConsumeOptions {
  /** Told of every dead letter after it is durable, for metrics and logs. */
  readonly onDeadLetter?: (delivery: Delivery, error: Unprocessable) => void;
}

/**
 * Handles a topic's messages in batches, at least once each and in order within a key.
 *
 * A message that cannot be decoded, and one whose handling throws Unprocessable, goes to the dead-letter topic, and
 * the stream goes on. To find that message its batch is handled again one by one, so `handle` must be idempotent; it
 * must be for another reason too: any other error ends the consumption before the commit, and the messages come again.
 *
 * Fulfilled when the signal is aborted. Rejected with what `handle` or the bus threw.
 */
export function consume<T>(
  bus: Bus,
  topic: Topic<T>,
  group: string,
  handle: (messages: readonly T[], deliveries: readonly Delivery[]) => Promise<void>,
  options: HandleOptions,
): Promise<void> {
  const setAside = async (delivery: Delivery, error: Unprocessable) => {
    await bus.deadLetter(topic.name, delivery, error);
    options.onDeadLetter?.(delivery, error);
  };

  const handleAll = async (messages: readonly T[], deliveries: readonly Delivery[]): Promise<void> => {
    if (messages.length === 0) return;
    try {
      await handle(messages, deliveries);
    } catch (error) {
      if (!(error instanceof Unprocessable)) throw error;
      const [delivery] = deliveries;
      if (deliveries.length === 1 && delivery !== undefined) return setAside(delivery, error);
      for (const [i, message] of messages.entries()) await handleAll([message], deliveries.slice(i, i + 1));
    }
  };

  const read = framedFor(bus, topic);
  return bus.consume(
    topic.name,
    group,
    async (batch) => {
      await bus.registry?.learn(batch.map(({ value }) => value));
      const messages: T[] = [];
      const deliveries: Delivery[] = [];
      for (const delivery of batch) {
        try {
          messages.push(read.decode(delivery.value));
          deliveries.push(delivery);
        } catch (error) {
          if (!(error instanceof Undecodable)) throw error;
          await setAside(delivery, new Unprocessable('undecodable', error.message, error.cause));
        }
      }
      // A batch has many causes; its logs carry the first one's.
      await traced(`${group} ${topic.name}`, { from: batch[0]?.headers ?? {} }, () =>
        handleAll(messages, deliveries),
      );
    },
    options,
  );
}

/** Publishes messages on their topic, each under its own key, with the place of the work at hand. Durable when fulfilled. */
export function publishAll<T>(bus: Bus, topic: Topic<T>, messages: readonly T[]): Promise<void> {
  const written = framedFor(bus, topic);
  const headers = traceHeaders();
  return bus.publish(
    topic.name,
    messages.map((message) => ({ key: topic.keyOf(message), value: written.encode(message), headers })),
  );
}

const framedFor = <T>({ registry }: Bus, topic: Topic<T>): Topic<T> =>
  registry === undefined ? topic : topic.framed(registry.framing);
