import { Undecodable, type Topic } from '@margay/contracts';
import { traced, traceHeaders } from '@margay/runtime';
import { behindHeader, type Published } from './behind.ts';
import type { Aside, Bus, ConsumeOptions, Delivery } from './bus/bus.ts';
import { noticeIn } from './bus/notice.ts';
import { SomeUnprocessable, UnknownCluster, Unprocessable } from './unprocessable.ts';

/** A message of a cluster that is not known here. */
export interface OfUnknown {
  readonly delivery: Delivery;
  readonly error: UnknownCluster;
}

const isOfUnknown = (aside: Aside): aside is OfUnknown => aside.error instanceof UnknownCluster;

/** How a topic's messages are handled. */
export interface HandleOptions extends ConsumeOptions {
  /** The clusters whose messages are handled: any other's are set aside; all are handled unless given. */
  readonly clusters?: readonly string[] | undefined;
  /** Given every message that is to be set aside but those of {@link onUnknown}, before it is: what it does must be durable, and harmless when done twice. */
  readonly onSetAside?: (delivery: Delivery, error: Unprocessable) => Promise<void>;
  /** Given those that are of clusters that are not known here, together, as that one. */
  readonly onUnknown?: (some: readonly OfUnknown[]) => Promise<void>;
  /** Told of every dead letter after it is durable, for metrics and logs. */
  readonly onDeadLetter?: (delivery: Delivery, error: Unprocessable) => void;
}

/**
 * Handles a topic's messages in batches, at least once each and in order within a key.
 *
 * What could not be published, of which there is a notice, a message that cannot be decoded or is of a cluster that is not known here, and one whose handling throws
 * Unprocessable, goes to the dead-letter topic, and the stream goes on. To find that message its batch is handled again in halves, or without those that SomeUnprocessable
 * names, so `handle` must be idempotent; it must be for another reason too: any other error ends the consumption before the commit, and the messages come again.
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
  const written = framedFor(bus, topic);
  const setAside = settingAside(bus, topic.name, options);
  const { clusters } = options;
  const read = ({ value }: Delivery): T | Unprocessable => {
    try {
      const message = written.decode(value);
      const { cluster } = message as { readonly cluster?: string };
      if (cluster !== undefined && clusters?.includes(cluster) === false)
        return new UnknownCluster(cluster, clusters, message);
      return message;
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error;
      return new Unprocessable('undecodable', error.message);
    }
  };
  return bus.consume(
    topic.name,
    group,
    async (batch) => {
      await bus.registry?.learn(batch.map(({ value }) => value));
      const decoded = await readable(batch, read, setAside);
      await handleTraced(`${group} ${topic.name}`, batch, decoded, handle, setAside);
    },
    options,
  );
}

/** Handles the messages of a topic on which somebody else writes, as they are; see {@link consume}. */
export function consumeAsWritten(
  bus: Bus,
  topic: string,
  group: string,
  handle: (deliveries: readonly Delivery[]) => Promise<void>,
  options: HandleOptions,
): Promise<void> {
  const setAside = settingAside(bus, topic, options);
  return bus.consume(
    topic,
    group,
    async (batch) => {
      const handled = await readable(batch, (delivery) => delivery, setAside);
      await handleTraced(`${group} ${topic}`, batch, handled, handle, setAside);
    },
    options,
  );
}

interface Handled<T> {
  readonly message: T;
  readonly delivery: Delivery;
}

type SetAside = (some: readonly Aside[]) => Promise<void>;

/** So many keys' losses are told side by side, since each waits for a store: a whole topic may be unreadable where a setting is missing. */
const TOLD_AT_ONCE = 16;

const settingAside =
  (bus: Bus, topic: string, { onSetAside, onUnknown, onDeadLetter }: HandleOptions): SetAside =>
  async (some) => {
    if (some.length === 0) return;
    const unknown = some.filter(isOfUnknown);
    const others = some.filter((aside) => !isOfUnknown(aside));
    if (onSetAside !== undefined) await tellInOrder(others, onSetAside);
    if (unknown.length > 0) await onUnknown?.(unknown);
    await bus.deadLetters(topic, some);
    for (const { delivery, error } of some) onDeadLetter?.(delivery, error);
  };

/** Those of one key one after the other. When one fails, the others that have begun end first. */
async function tellInOrder(
  some: readonly Aside[],
  tell: NonNullable<HandleOptions['onSetAside']>,
): Promise<void> {
  const keys = Map.groupBy(some, ({ delivery }) => delivery.key).values();
  const takeKeys = async () => {
    for (const ofKey of keys) for (const { delivery, error } of ofKey) await tell(delivery, error);
  };
  const ends = await Promise.allSettled(Array.from({ length: TOLD_AT_ONCE }, takeKeys));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** What is to be handled of a batch: notices, and what cannot be read, are set aside, in their order. */
async function readable<T>(
  batch: readonly Delivery[],
  read: (delivery: Delivery) => T | Unprocessable,
  setAside: SetAside,
): Promise<Handled<T>[]> {
  const found: Handled<T>[] = [];
  const aside: Aside[] = [];
  for (const delivery of batch) {
    const message = noticeIn(delivery) ?? read(delivery);
    if (message instanceof Unprocessable) aside.push({ delivery, error: message });
    else found.push({ message, delivery });
  }
  await setAside(aside);
  return found;
}

/** Handles a batch as a piece of work of its own. A batch has many causes; its logs carry the first one's. */
async function handleTraced<T>(
  name: string,
  batch: readonly Delivery[],
  decoded: readonly Handled<T>[],
  handle: (messages: readonly T[], deliveries: readonly Delivery[]) => Promise<void>,
  setAside: SetAside,
): Promise<void> {
  const handleAll = async (some: readonly Handled<T>[]): Promise<void> => {
    if (some.length === 0) return;
    try {
      await handle(
        some.map(({ message }) => message),
        some.map(({ delivery }) => delivery),
      );
    } catch (error) {
      if (error instanceof SomeUnprocessable) {
        const { errors } = error;
        await setAside([...errors].map(([i, why]) => ({ delivery: some[i]!.delivery, error: why })));
        return handleAll(some.filter((_, i) => !errors.has(i)));
      }
      if (!(error instanceof Unprocessable)) throw error;
      const [only] = some;
      if (some.length === 1 && only !== undefined) return setAside([{ delivery: only.delivery, error }]);
      const middle = Math.ceil(some.length / 2);
      await handleAll(some.slice(0, middle));
      await handleAll(some.slice(middle));
    }
  };
  await traced(name, { from: batch[0]?.headers ?? {} }, () => handleAll(decoded));
}

/**
 * Publishes messages on their topic, each under its own key, with the place of the work at hand. Durable when fulfilled.
 *
 * @param behind what was published before and stands behind what the messages say.
 * @param own headers beside those.
 */
export async function publishAll<T>(
  bus: Bus,
  topic: Topic<T>,
  messages: readonly T[],
  behind: readonly (Published | undefined)[] = [],
  own: Readonly<Record<string, string>> = {},
): Promise<Published | undefined> {
  await bus.registry?.registered();
  const written = framedFor(bus, topic);
  const headers = { ...own, ...traceHeaders(), ...behindHeader(behind) };
  const place = await bus.publish(
    topic.name,
    messages.map((message) => ({ key: topic.keyOf(message), value: written.encode(message), headers })),
  );
  return place && { topic: topic.name, ...place };
}

/** The messages of a topic that are there now, oldest first of each key, for looking only. What cannot be read is left out. */
export async function* peekAll<T>(bus: Bus, topic: Topic<T>): AsyncGenerator<T> {
  const written = framedFor(bus, topic);
  for await (const delivery of bus.peek(topic.name)) {
    await bus.registry?.learn([delivery.value]);
    if (noticeIn(delivery) !== undefined) continue;
    try {
      yield written.decode(delivery.value);
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error;
    }
  }
}

const framedFor = <T>({ registry }: Bus, topic: Topic<T>): Topic<T> =>
  registry === undefined ? topic : topic.framed(registry.framing);
