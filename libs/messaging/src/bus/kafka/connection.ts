import type { Consumer, Producer } from 'kafkajs';
import { askingBy, type Asking } from './asking.ts';
import { kafkaClient, loadKafka } from './client.ts';
import type { KafkaOptions } from './options.ts';
import { roomOf, type Room } from './room.ts';
import { topicMaker } from './topics.ts';

/** Fetched at once from one partition: a bound on memory, and on what a lost partition costs. */
const FETCH_BYTES_PER_PARTITION = 1024 * 1024;
const FETCH_BYTES = 8 * 1024 * 1024;
/** As many as the client's own consumers do. */
const RETRIES = 5;

/** Whoever publishes gives a part up after four minutes at the latest, and begins anew. */
const PARTS_MILLISECONDS = 300_000;

const SHRUNK = 'A topic takes less at once than was sent: it gets smaller parts of messages from now on';

/** The brokers as one bus sees them: its names there, and connections that are made when first used. */
export interface KafkaConnection {
  /** The topic's name on the brokers, fulfilled when it exists. */
  topic(name: string): Promise<string>;
  /** Something about the topic failed: it may have been deleted, and is looked for at its next use. */
  doubtTopic(name: string): void;
  /** The group's name on the brokers: one for each topic, so that groups read several without disturbing themselves. */
  groupId(group: string, topic: string): string;
  /** How much is sent at once to a topic, by its name on the brokers. */
  roomIn(name: string): Room;
  producer(): Promise<Producer>;
  /** Puts a question to the brokers. */
  readonly ask: Asking['ask'];
  /**
   * A consumer that is not connected yet; whoever asked for it disconnects it.
   *
   * @param restarts whether it begins anew by itself when it crashed. One that is disconnected meanwhile begins all the same, and holds
   *   its partitions for ever: so whoever may disconnect it at any time begins anew himself.
   */
  consumer(groupId: string, restarts?: boolean): Consumer;
  /** Which compression is asked of the producer. */
  readonly compression: number;
  /** How long the rest of a message in parts is waited for. */
  readonly partsMilliseconds: number;
  /** Disconnects the producer and the connection for questions. */
  close(): Promise<void>;
}

/** A connection for the options. Nothing is asked yet. */
export async function kafkaConnection(options: KafkaOptions): Promise<KafkaConnection> {
  const library = await loadKafka();
  const kafka = kafkaClient(library, options);
  const prefix = options.prefix ?? '';
  const producer = connectedOnce(() =>
    kafka.producer({
      createPartitioner: library.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    }),
  );
  const asking = askingBy(() => kafka.admin());
  const rooms = new Map<string, Room>();
  const roomIn = (name: string): Room => {
    const room = rooms.get(name) ?? roomOf((bytes) => options.log?.('warn', SHRUNK, { topic: name, bytes }));
    rooms.set(name, room);
    return room;
  };
  const made = topicMaker(asking.ask, options, roomIn);
  return {
    async topic(name) {
      await made.ready(prefix + name);
      return prefix + name;
    },
    doubtTopic: (name) => made.doubt(prefix + name),
    groupId: (group, topic) => `${prefix}${group}.${topic}`,
    roomIn,
    producer: () => producer.get(),
    ask: asking.ask,
    consumer: (groupId, restarts = true) =>
      kafka.consumer({
        groupId,
        sessionTimeout: 30_000,
        rebalanceTimeout: 60_000,
        heartbeatInterval: 3_000,
        maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
        maxBytes: FETCH_BYTES,
        maxWaitTimeInMs: 500,
        allowAutoTopicCreation: false,
        retry: { retries: RETRIES, restartOnFailure: async () => restarts },
      }),
    partsMilliseconds: options.partsMilliseconds ?? PARTS_MILLISECONDS,
    compression: library.CompressionTypes.GZIP,
    close: async () => {
      await Promise.all([producer.disconnect(), asking.close()]);
    },
  };
}

/** A producer that is made at the first use; after a failure the next use tries again. */
function connectedOnce(make: () => Producer) {
  let connected: Promise<Producer> | undefined;
  const connect = async () => {
    const producer = make();
    await producer.connect();
    return producer;
  };
  return {
    get(): Promise<Producer> {
      connected ??= connect().catch((error: unknown) => {
        connected = undefined;
        throw error;
      });
      return connected;
    },
    async disconnect(): Promise<void> {
      await (await connected?.catch(() => undefined))?.disconnect();
    },
  };
}
