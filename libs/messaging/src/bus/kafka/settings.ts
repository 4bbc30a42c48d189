import { readFileSync } from 'node:fs';
import { bothOrNone, flag, list, whole, webAddress } from '@margay/runtime';
import * as z from 'zod';
import type { SchemaRegistryOptions } from '../../registry/schema-registry.ts';
import type { KafkaOptions } from './options.ts';

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

/** `host:port`, the host a name, an IPv4 address or an IPv6 address in brackets. */
const BROKER = /^(?:[\w.-]+|\[[\da-f:.]+(?:%[\w.-]+)?\]):(\d{1,5})$/i;

/** What is wrong with a list of brokers; it may hold a password that somebody put there, and is not repeated. */
function brokersProblem(brokers: readonly string[]): string | undefined {
  const wrong = brokers.findIndex((broker) => {
    const port = Number(BROKER.exec(broker)?.[1] ?? 0);
    return port < 1 || port > 65_535;
  });
  return wrong === -1
    ? undefined
    : `number ${wrong + 1} of ${brokers.length} is not host:port: give a name or an address and a port, no scheme and no user (KAFKA_USERNAME and KAFKA_PASSWORD are for that)`;
}

/** `host:port` of brokers, with commas between them. */
const brokerList = () => list(brokersProblem);

/** How brokers are reached and signed in to; the names of settings have a prefix before these. */
const way = {
  TLS: flag(false).meta({ description: 'Whether the brokers are reached over TLS.' }),
  CA_FILE: z.string().optional().meta({
    description:
      'PEM file of the authorities that signed the brokers’ certificates; the system’s unless set.',
  }),
  CERT_FILE: z.string().optional().meta({ description: 'PEM file of the client certificate.' }),
  KEY_FILE: z.string().optional().meta({ description: 'PEM file of the client certificate’s key.' }),
  SASL_MECHANISM: z
    .enum(MECHANISMS)
    .default('scram-sha-512')
    .meta({ description: 'How user name and password are given to the brokers.' }),
  USERNAME: z.string().optional().meta({ description: 'User name for SASL; no SASL unless set.' }),
  PASSWORD: z.string().optional().meta({ description: 'Password for SASL.', secret: true }),
};
type Way = z.output<z.ZodObject<typeof way>>;

type Prefixed<P extends string, S> = { [K in keyof S as `${P}_${K & string}`]: S[K] };

const withPrefix = <P extends string, S extends object>(prefix: P, settings: S): Prefixed<P, S> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, one]) => [`${prefix}_${name}`, one as unknown]),
  ) as Prefixed<P, S>;

const withoutPrefix = <P extends string, S>(prefix: P, settings: Prefixed<P, S>): S =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([name, one]) =>
      name.startsWith(`${prefix}_`) ? [[name.slice(prefix.length + 1), one as unknown]] : [],
    ),
  ) as S;

/** Where the brokers are and how to sign in. */
export const kafkaSettings = {
  KAFKA_BROKERS: brokerList().meta({
    description: 'Kafka brokers, `host:port` with commas between them; the others are learnt from them.',
    isQuoted: false,
  }),
  ...withPrefix('KAFKA', way),
  KAFKA_TOPIC_PREFIX: z
    .string()
    .default('')
    .meta({ description: 'Put before every topic and group, for brokers that several installations share.' }),
  KAFKA_PARTITIONS: whole(1, 1_000)
    .default(12)
    .meta({ description: 'Partitions of topics that are made; choose it once, since it decides the order.' }),
  KAFKA_REPLICATION_FACTOR: whole(1, 9)
    .optional()
    .meta({ description: 'Copies of topics that are made; the brokers’ default unless set.' }),
  SCHEMA_REGISTRY_URL: webAddress().optional().meta({
    description:
      'Schema registry that messages refer to (Confluent’s API and wire format); single-object encoding unless set.',
  }),
  SCHEMA_REGISTRY_USERNAME: z.string().optional().meta({ description: 'User name for the schema registry.' }),
  SCHEMA_REGISTRY_PASSWORD: z
    .string()
    .optional()
    .meta({ description: 'Password for the schema registry.', secret: true }),
};

/** The Kafka settings, parsed. */
export type KafkaConfig = z.output<z.ZodObject<typeof kafkaSettings>>;

/**
 * The settings in the form that a bus is opened with; TLS files are read now.
 *
 * @throws Error of the file system for a TLS file that cannot be read, and when only half of a pair is set.
 */
export function kafkaOptionsOf(config: KafkaConfig, clientId: string): KafkaOptions {
  return {
    brokers: config.KAFKA_BROKERS,
    clientId,
    partitions: config.KAFKA_PARTITIONS,
    ...(config.KAFKA_TOPIC_PREFIX !== '' && { prefix: config.KAFKA_TOPIC_PREFIX }),
    ...(config.KAFKA_REPLICATION_FACTOR !== undefined && {
      replicationFactor: config.KAFKA_REPLICATION_FACTOR,
    }),
    ...wayOf('KAFKA', config),
  };
}

/** TLS and SASL as settings say; their names have this prefix. */
function wayOf<P extends string>(prefix: P, config: Prefixed<P, Way>): Pick<KafkaOptions, 'tls' | 'signIn'> {
  bothOrNone<string>(config, `${prefix}_CERT_FILE`, `${prefix}_KEY_FILE`);
  bothOrNone<string>(config, `${prefix}_USERNAME`, `${prefix}_PASSWORD`);
  const settings = withoutPrefix<P, Way>(prefix, config);
  const { CA_FILE: ca, CERT_FILE: cert, KEY_FILE: key, USERNAME: username } = settings;
  const tls = {
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(cert !== undefined && { cert: readFileSync(cert) }),
    ...(key !== undefined && { key: readFileSync(key) }),
  };
  return {
    ...((settings.TLS || Object.keys(tls).length > 0) && { tls }),
    ...(username !== undefined && {
      signIn: { mechanism: settings.SASL_MECHANISM, username, password: settings.PASSWORD ?? '' },
    }),
  };
}

const others = (description: string) => ({
  BROKERS: brokerList().prefault('').meta({ description, isQuoted: false }),
  ...way,
});
type Others = z.output<z.ZodObject<ReturnType<typeof others>>>;

/** Other brokers than those of `KAFKA_BROKERS`, from which one topic is read; `topic` is the setting that names it. */
export const otherBrokersSettings = <P extends string>(prefix: P, topic: string) =>
  withPrefix(
    prefix,
    others(
      `Kafka brokers that the topic of \`${topic}\` is on, where it is on others than \`KAFKA_BROKERS\`, such as a cloud’s hub. \`KAFKA_TOPIC_PREFIX\` does not count there.`,
    ),
  );

/**
 * These brokers, in the form that a bus is opened with, or undefined where none are set; TLS files are read now.
 *
 * @throws Error as {@link kafkaOptionsOf}
 */
export function otherBrokersOf<P extends string>(
  prefix: P,
  config: Prefixed<P, Others>,
  clientId: string,
): KafkaOptions | undefined {
  const { BROKERS: brokers } = withoutPrefix<P, Others>(prefix, config);
  // As many partitions as somebody gave it are right.
  return brokers.length === 0 ? undefined : { brokers, clientId, partitions: 1, ...wayOf(prefix, config) };
}

/** The topic that is read from other brokers, where there are any, in the form that a bus is opened with. */
export function topicElsewhereOf<P extends string>(
  prefix: P,
  config: Prefixed<P, Others>,
  topic: string | undefined,
  clientId: string,
): { readonly topic: string; readonly brokers: KafkaOptions } | undefined {
  const brokers = otherBrokersOf(prefix, config, clientId);
  return brokers === undefined || topic === undefined ? undefined : { topic, brokers };
}

/**
 * What is wrong with such settings beside others: other brokers without the topic that is read from them, and a sign-in to none.
 *
 * @param topic the setting that names the topic.
 * @param of what the topic is of, for the message.
 */
export function otherBrokersProblems<P extends string>(
  prefix: P,
  config: Prefixed<P, Others>,
  topic: { readonly setting: string; readonly name: string | undefined; readonly of: string },
): readonly { readonly name: string; readonly message: string }[] {
  const { BROKERS: brokers, USERNAME: username } = withoutPrefix<P, Others>(prefix, config);
  const needsTopic = brokers.length > 0 && topic.name === undefined;
  const needsBrokers = brokers.length === 0 && username !== undefined;
  const about = `it is about the topic of ${topic.of}: set ${topic.setting}, too`;
  return [
    ...(needsTopic ? [{ name: `${prefix}_BROKERS`, message: about }] : []),
    ...(needsBrokers
      ? [{ name: `${prefix}_USERNAME`, message: `it is about other brokers: set ${prefix}_BROKERS, too` }]
      : []),
  ];
}

const HUB_KAFKA = 'HUB_KAFKA';

/** The brokers of a hub, to which what hubs are told is handed on. */
export const hubBrokersSettings = {
  ...withPrefix(
    HUB_KAFKA,
    others(
      'Kafka brokers of a hub over many cells, where they are others than `KAFKA_BROKERS`: what `margay.hub-news` has here is handed on to the topic of that name there. Nothing is unless set.',
    ),
  ),
  HUB_KAFKA_TOPIC_PREFIX: z.string().default('').meta({
    description: 'What the hub has as its `KAFKA_TOPIC_PREFIX`; that of the cell does not count there.',
  }),
};
type HubBrokers = z.output<z.ZodObject<typeof hubBrokersSettings>>;

/**
 * These brokers, in the form that a bus is opened with, or undefined where none are set; TLS files are read now.
 *
 * @throws Error as {@link kafkaOptionsOf}
 */
export function hubBrokersOf(config: HubBrokers, clientId: string): KafkaOptions | undefined {
  const found = otherBrokersOf(HUB_KAFKA, config, clientId);
  if (found === undefined) return undefined;
  // A topic that is not there yet is made as a hub makes it.
  const { partitions: _, ...brokers } = found;
  const { HUB_KAFKA_TOPIC_PREFIX: prefix } = config;
  return { ...brokers, ...(prefix !== '' && { prefix }) };
}

/** What is wrong with such settings: a sign-in to none, or a prefix of none. */
export function hubBrokersProblems(
  config: HubBrokers,
): readonly { readonly name: string; readonly message: string }[] {
  const { HUB_KAFKA_BROKERS: brokers, HUB_KAFKA_TOPIC_PREFIX: prefix, HUB_KAFKA_USERNAME: user } = config;
  if (brokers.length > 0) return [];
  const given = { HUB_KAFKA_USERNAME: user !== undefined, HUB_KAFKA_TOPIC_PREFIX: prefix !== '' };
  return Object.entries(given).flatMap(([name, isGiven]) =>
    isGiven ? [{ name, message: 'it is about the brokers of a hub: set HUB_KAFKA_BROKERS, too' }] : [],
  );
}

/** Where the schema registry is and how to sign in, or undefined where none is set. */
export function schemaRegistryOptionsOf(config: KafkaConfig): SchemaRegistryOptions | undefined {
  const {
    SCHEMA_REGISTRY_URL: url,
    SCHEMA_REGISTRY_USERNAME: username,
    SCHEMA_REGISTRY_PASSWORD: password,
  } = config;
  if (url === undefined) return undefined;
  return { url, ...(username !== undefined && password !== undefined && { signIn: { username, password } }) };
}
