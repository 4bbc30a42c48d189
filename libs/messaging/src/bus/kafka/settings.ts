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

/** Where the brokers are and how to sign in. */
export const kafkaSettings = {
  KAFKA_BROKERS: list(brokersProblem).meta({
    description: 'Kafka brokers, `host:port` with commas between them; the others are learnt from them.',
    isQuoted: false,
  }),
  KAFKA_TLS: flag(false).meta({ description: 'Whether the brokers are reached over TLS.' }),
  KAFKA_CA_FILE: z.string().optional().meta({
    description:
      'PEM file of the authorities that signed the brokers’ certificates; the system’s unless set.',
  }),
  KAFKA_CERT_FILE: z.string().optional().meta({ description: 'PEM file of the client certificate.' }),
  KAFKA_KEY_FILE: z.string().optional().meta({ description: 'PEM file of the client certificate’s key.' }),
  KAFKA_SASL_MECHANISM: z
    .enum(MECHANISMS)
    .default('scram-sha-512')
    .meta({ description: 'How user name and password are given to the brokers.' }),
  KAFKA_USERNAME: z.string().optional().meta({ description: 'User name for SASL; no SASL unless set.' }),
  KAFKA_PASSWORD: z.string().optional().meta({ description: 'Password for SASL.', secret: true }),
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
  const { KAFKA_CA_FILE: ca, KAFKA_CERT_FILE: cert, KAFKA_KEY_FILE: key } = config;
  bothOrNone(config, 'KAFKA_CERT_FILE', 'KAFKA_KEY_FILE');
  bothOrNone(config, 'KAFKA_USERNAME', 'KAFKA_PASSWORD');
  const tls = {
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(cert !== undefined && { cert: readFileSync(cert) }),
    ...(key !== undefined && { key: readFileSync(key) }),
  };
  return {
    brokers: config.KAFKA_BROKERS,
    clientId,
    partitions: config.KAFKA_PARTITIONS,
    ...(config.KAFKA_TOPIC_PREFIX !== '' && { prefix: config.KAFKA_TOPIC_PREFIX }),
    ...(config.KAFKA_REPLICATION_FACTOR !== undefined && {
      replicationFactor: config.KAFKA_REPLICATION_FACTOR,
    }),
    ...((config.KAFKA_TLS || Object.keys(tls).length > 0) && { tls }),
    ...(config.KAFKA_USERNAME !== undefined && {
      signIn: {
        mechanism: config.KAFKA_SASL_MECHANISM,
        username: config.KAFKA_USERNAME,
        password: config.KAFKA_PASSWORD ?? '',
      },
    }),
  };
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
