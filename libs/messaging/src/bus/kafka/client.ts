import { promisify } from 'node:util';
import { gunzip, gzip, zstdCompress, zstdDecompress, type ZlibOptions } from 'node:zlib';
import { failureOf, partOf } from '@margay/runtime';
import type * as kafkajs from 'kafkajs';
import type { Kafka, KafkaConfig, LogEntry } from 'kafkajs';
import type { KafkaOptions } from './options.ts';

/** The Kafka client's library, loaded when it is needed only. */
export type KafkaLibrary = typeof kafkajs;

/** Messages are small and many: a higher level takes several times as long for a few percent of bytes. */
const GZIP_LEVEL = 1;

/** Loads the library; compressed messages of other producers can be read in gzip and zstd. */
export async function loadKafka(): Promise<KafkaLibrary> {
  silenceNegativeTimeouts();
  const { default: library } = (await import('kafkajs')) as unknown as { default: KafkaLibrary };
  const { CompressionCodecs, CompressionTypes } = library;
  CompressionCodecs[CompressionTypes.GZIP] = codec(
    (buffer) => gzipped(buffer, { level: GZIP_LEVEL }),
    promisify(gunzip),
  );
  CompressionCodecs[CompressionTypes.ZSTD] = codec(promisify(zstdCompress), promisify(zstdDecompress));
  return library;
}

const gzipped = promisify<Buffer, ZlibOptions, Buffer>(gzip);

type Convert = (buffer: Buffer) => Promise<Buffer>;

const codec = (compress: Convert, decompress: Convert) => () => ({
  compress: ({ buffer }: { buffer: Buffer }) => compress(buffer),
  decompress,
});

/**
 * The client computes a negative delay when it is idle, and Node says so on stderr though it does no harm. That one
 * warning is dropped; every other one passes.
 */
function silenceNegativeTimeouts(): void {
  if (silenced) return;
  silenced = true;
  const emit = process.emitWarning.bind(process) as (...warning: unknown[]) => void;
  process.emitWarning = (...warning: unknown[]) => {
    if (warning[1] !== 'TimeoutNegativeWarning') emit(...warning);
  };
}
let silenced = false;

/** A client for the options. Nothing is connected yet. */
export function kafkaClient(library: KafkaLibrary, options: KafkaOptions): Kafka {
  const { brokers, clientId, tls, signIn, log } = options;
  return new library.Kafka({
    brokers: [...brokers],
    clientId,
    ...(tls !== undefined && { ssl: tls }),
    ...(signIn !== undefined && { sasl: signIn as NonNullable<KafkaConfig['sasl']> }),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 200, maxRetryTime: 5_000, retries: 6 },
    logLevel: library.logLevel.INFO,
    logCreator: () => (entry) => log?.(levelOf(library, entry), entry.log.message, detailsOf(entry)),
  });
}

/** The client says "error" to much that it tries again at once: a new topic, a rebalance, a broker that restarts. */
const RETRIED =
  /does not host this topic-partition|leader.*not available|rebalancing|re-joining|Connection (error|timeout)|Response |Restarting|not the correct coordinator|coordinator is not/i;

function levelOf(library: KafkaLibrary, { level, log }: LogEntry): 'error' | 'warn' | 'info' | 'debug' {
  if (level === library.logLevel.ERROR) {
    return RETRIED.test(`${log.message} ${typeof log.error === 'string' ? log.error : ''}`)
      ? 'debug'
      : 'error';
  }
  if (level === library.logLevel.WARN) return 'warn';
  return 'debug';
}

function detailsOf({ namespace, log }: LogEntry): object {
  const { error, groupId, memberId, broker, retryCount, stack } = log;
  return { namespace, error, groupId, memberId, broker, retryCount, stack };
}

/** What to do about an error of the brokers, and whether it passes by itself: then they are away, and nothing is wrong with the request. */
type Advice = readonly [error: RegExp, words: string, passes?: 'passes'];

/** By the name or type that the client gives them. */
const ADVICE: readonly Advice[] = [
  [
    /MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE/,
    'The topic takes so little at once that nothing can be published: raise its max.message.bytes.',
  ],
  [
    /SASL|ILLEGAL_SASL/,
    'The broker refused the user name or password: check the credentials and the mechanism.',
  ],
  [
    /AUTHORIZATION_FAILED/,
    'The user lacks rights: grant it read, write and describe on the topics and groups of Margay.',
  ],
  [
    /UNKNOWN_TOPIC_OR_PARTITION/,
    'The topic does not exist and could not be made: create it, or grant the right to.',
  ],
  [
    /INVALID_REPLICATION_FACTOR/,
    'There are fewer brokers than replicas asked for: lower the replication factor.',
  ],
  [
    /NOT_ENOUGH_REPLICAS/,
    'Too few replicas are in sync: nothing is lost, and it works again when the brokers are back.',
    'passes',
  ],
  [
    /Connection|NoBroker|NumberOfRetries|BrokerNotFound|Timeout/,
    'No broker answers: check the addresses, the network and TLS. Nothing is lost, and it works again when one does.',
    'passes',
  ],
];

/**
 * The client's error in words that help: `Away` where it passes. What another part did, as in a handler, is not the brokers' doing, and
 * comes as it is.
 */
export function explainedKafka(error: unknown, doing: string, { brokers }: KafkaOptions): unknown {
  if (!(error instanceof Error) || partOf(error) !== undefined) return error;
  const names = namesOf(error);
  if (!names.some((name) => name.startsWith('KafkaJS'))) return error;
  const advice = ADVICE.find(([pattern]) => pattern.test(names.join(' ')));
  const [, words, passes] = advice ?? [];
  return failureOf({
    part: 'Kafka',
    at: brokers,
    doing,
    said: saidBy(error),
    ...(words !== undefined && { advice: words }),
    passes: passes !== undefined,
    cause: error,
  });
}

/** What an error, those underneath and those that it gathers are called, by name and type; the outermost first. */
export function namesOf(error: unknown, depth = 0): string[] {
  // Errors that hold each other would have no end.
  if (!(error instanceof Error) || depth > DEPTH_MAX) return [];
  const { type } = error as { type?: unknown };
  const within = [error.cause, ...gatheredBy(error)].flatMap((each) => namesOf(each, depth + 1));
  return [error.name, typeof type === 'string' ? type : '', ...within];
}

const DEPTH_MAX = 4;

/** As when several topics are made: which of them failed, and why, stands in errors that one error gathers. */
function gatheredBy(error: Error): Error[] {
  const { errors } = error as { errors?: unknown };
  return Array.isArray(errors) ? errors.filter((each) => each instanceof Error) : [];
}

/** What the client says of an error, and of the first that it gathers. */
function saidBy(error: Error): string {
  const [first] = gatheredBy(error);
  return first === undefined ? error.message : `${error.message}: ${first.message}`;
}
