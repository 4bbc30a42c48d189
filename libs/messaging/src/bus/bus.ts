import { parseTraceParent, shownText, TRACE_HEADER } from '@margay/runtime';
import type { SchemaRegistry } from '../registry/schema-registry.ts';
import type { Unprocessable } from '../unprocessable.ts';
import type { Places } from './places.ts';

/** What is published: messages of one key keep their order, of different keys they need not. */
export interface Message {
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A message as a consumer gets it, with the place that it came from. */
export interface Delivery extends Message {
  readonly topic: string;
  readonly partition: number;
  /** Decimal text; ascending within a partition. */
  readonly offset: string;
  /** Milliseconds since the epoch, by the clock of whoever published or of the broker. */
  readonly publishedAt: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A delivery that cannot be processed, and why. */
export interface Aside {
  readonly delivery: Delivery;
  readonly error: Unprocessable;
}

/** Where a message is in its topic. */
export type Place = Pick<Delivery, 'partition' | 'offset'>;

/** Messages of one partition that a group can never get: the bus let go of them before they were handled. */
export interface Hole {
  readonly topic: string;
  readonly partition: number;
  /**
   * The first offset that is missing, and the first that is there again. They are the same where nobody knows how many were lost, since
   * the topic was made anew.
   */
  readonly from: number;
  readonly to: number;
  /** When the last message before was published, in milliseconds since the epoch; absent where that is not known. */
  readonly after?: number;
  /** When the first message behind was published, or the last one that is missing. */
  readonly before: number;
  /** The messages may be there: somebody set where the group stands behind them, and whether they had been handled is not known. */
  readonly isPassedOver?: true;
}

/** How a topic is consumed. */
export interface ConsumeOptions {
  /** Ends the consumption after the batch at hand. */
  readonly signal: AbortSignal;
  /** The most deliveries that the handler gets at once; 500 unless set. */
  readonly batchMax?: number;
  /** How many partitions are handled side by side, where a bus has partitions; 1 unless set. */
  readonly partitionsAtOnce?: number;
  /** Told of messages that are lost, before those behind are handled; what it throws ends the consumption. May be told again. */
  readonly onHole?: (hole: Hole) => Promise<void>;
}

/**
 * A durable log of topics between the services.
 *
 * Delivery is at least once and in order within a key; what has been handled is remembered for each group, so a
 * restart goes on where the last commit was. Groups do not disturb each other: each gets every message, from the
 * oldest that is kept.
 */
export interface Bus {
  /** Where schemas are kept by id; unless set, messages name their schemas by fingerprint. */
  readonly registry?: SchemaRegistry;

  /**
   * Publishes messages, in their order, whatever their size: what is larger than the bus takes is a notice for those who consume, which
   * has no value and says why (`noticeIn`). When the promise is fulfilled they are durable: neither the end of this
   * process nor of the bus loses them. When it is rejected they may or may not be there: publish them again.
   *
   * @returns the place of one of the last ones, where topics can be deleted; see {@link Bus.holds}.
   * @throws when the bus does not answer or refuses (no rights, disk full), with what to do.
   */
  publish(topic: string, messages: readonly Message[]): Promise<Place | undefined>;

  /**
   * Whether the topic is the one on which something was published at a place, and not one that was made anew since: then all that
   * was published with it or later is there, or was let go of, which is told to those who consume.
   *
   * @param by when it had been published, in milliseconds since the epoch.
   */
  holds(topic: string, place: Place, by: number): Promise<boolean>;

  /**
   * Gives a topic's messages to `handler`, batch after batch, and commits a batch when the handler has fulfilled.
   * Consumers of one group share the topic: no two of them have messages of one key at the same time.
   *
   * Fulfilled when the signal is aborted, after the batch at hand. Rejected with the handler's error, without
   * committing, so that a later `consume` brings the same messages again.
   */
  consume(
    topic: string,
    group: string,
    handler: (batch: readonly Delivery[]) => Promise<void>,
    options: ConsumeOptions,
  ): Promise<void>;

  /**
   * Puts a dead letter for each delivery of a topic that cannot be processed on `<topic>.dlq`, in their order: why, and the place where the
   * message is ({@link deadLetterOf}). Durable when fulfilled. A repeat gives second dead letters.
   */
  deadLetters(topic: string, some: readonly Aside[]): Promise<void>;

  /** The messages of a topic at places, each once, as far as they are kept: in the order of a partition. Nothing is committed. */
  read(topic: string, places: readonly Place[]): AsyncIterable<Delivery>;

  /** The messages of a topic that are there now, oldest first, for looking only: nothing is committed. */
  peek(topic: string): AsyncIterable<Delivery>;

  /** The end of a topic: the place that its next message will have, in every partition. */
  ends(topic: string): Promise<Places>;

  /**
   * How far a group has come: the first message that is kept and that it has not handled, in every partition. What is before is
   * handled for good: a place moves when the handler has fulfilled. It goes back where the group's memory was reset.
   */
  positions(topic: string, group: string): Promise<Places>;

  /** How many messages of the topic the group has not handled yet, each part of one counted. All of them for a group that never consumed. */
  lag(topic: string, group: string): Promise<number>;

  /** Lets go of the bus: ends consumers after the batch at hand. Safe to call twice. */
  close(): Promise<void>;
}

/** The name of the topic that keeps a topic's dead letters. */
export const deadLetterTopic = (topic: string): string => `${topic}.dlq`;

/** The headers of a dead letter. */
export const DEAD_LETTER_HEADERS = {
  topic: 'dlq-topic',
  partition: 'dlq-partition',
  offset: 'dlq-offset',
  publishedAt: 'dlq-published-at',
  sizeBytes: 'dlq-size-bytes',
  code: 'dlq-code',
  reason: 'dlq-reason',
} as const;

/**
 * The message to publish on the dead-letter topic for a delivery: where it is, how large, and why it was set aside. Nothing of it is
 * there: what nobody could read may hold anything, and dead letters are kept for long. The key is there where it looks like one of ours,
 * so that it says which object or report the message is about.
 */
export function deadLetterOf({ delivery, error }: Aside): Message {
  const trace = parseTraceParent(delivery.headers[TRACE_HEADER]);
  return {
    key: NAMES.test(delivery.key) ? delivery.key : '',
    value: new Uint8Array(),
    headers: {
      ...(trace && { [TRACE_HEADER]: delivery.headers[TRACE_HEADER]! }),
      [DEAD_LETTER_HEADERS.topic]: delivery.topic,
      [DEAD_LETTER_HEADERS.partition]: String(delivery.partition),
      [DEAD_LETTER_HEADERS.offset]: delivery.offset,
      [DEAD_LETTER_HEADERS.publishedAt]: String(delivery.publishedAt),
      [DEAD_LETTER_HEADERS.sizeBytes]: String(delivery.value.byteLength),
      [DEAD_LETTER_HEADERS.code]: error.code,
      [DEAD_LETTER_HEADERS.reason]: shownText(error.message),
    },
  };
}

/** Names of Kubernetes with slashes between them, as keys of our topics are. */
const NAMES = /^[a-z\d]([a-z\d.:_-]{0,252})(\/[a-z\d.:_-]{0,253}){0,4}$/;

/** Where the message of a dead letter is; undefined for one that holds its message, as they all did once. */
export function placeIn({ headers }: Delivery): Place | undefined {
  const { partition, offset, sizeBytes } = DEAD_LETTER_HEADERS;
  if (headers[sizeBytes] === undefined) return undefined;
  return { partition: Number(headers[partition]), offset: headers[offset] ?? '' };
}
