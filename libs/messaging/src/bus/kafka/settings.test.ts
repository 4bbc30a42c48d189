import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '@margay/runtime';
import * as z from 'zod';
import { expect, onTestFinished, test } from 'vitest';
import {
  hubBrokersOf,
  hubBrokersSettings,
  kafkaOptionsOf,
  kafkaSettings,
  otherBrokersOf,
  otherBrokersSettings,
} from './settings.ts';

function fileOf(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-kafka-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file');
  writeFileSync(path, content);
  return path;
}

const kafka = (environment: Record<string, string>) =>
  kafkaOptionsOf(readConfig(z.object(kafkaSettings), { KAFKA_BROKERS: 'k:9092', ...environment }), 'api');

test('brokers alone are enough', () => {
  expect(kafka({})).toEqual({ brokers: ['k:9092'], clientId: 'api', partitions: 12 });
});

test('a user, a password from a file and a CA', () => {
  const options = kafka({
    KAFKA_USERNAME: 'margay',
    KAFKA_PASSWORD_FILE: fileOf('pw\n'),
    KAFKA_CA_FILE: fileOf('PEM'),
    KAFKA_TOPIC_PREFIX: 'test.',
  });
  expect(options).toMatchObject({
    prefix: 'test.',
    signIn: { mechanism: 'scram-sha-512', username: 'margay', password: 'pw' },
    tls: { ca: Buffer.from('PEM') },
  });
});

/** A namespace of Azure Event Hubs, as its documents say to sign in. */
const HUB = {
  HUB_KAFKA_BROKERS: 'margay.servicebus.windows.net:9093',
  HUB_KAFKA_TLS: 'true',
  HUB_KAFKA_SASL_MECHANISM: 'plain',
  HUB_KAFKA_USERNAME: '$ConnectionString',
  HUB_KAFKA_PASSWORD: 'Endpoint=sb://margay.servicebus.windows.net/;SharedAccessKey=a+b=',
};
const otherKafka = (environment: Record<string, string>) =>
  otherBrokersOf(
    'HUB_KAFKA',
    readConfig(z.object({ ...kafkaSettings, ...otherBrokersSettings('HUB_KAFKA', 'TOPIC') }), {
      KAFKA_BROKERS: 'k:9092',
      KAFKA_TOPIC_PREFIX: 'test.',
      ...environment,
    }),
    'api',
  );

test('other brokers have a way of their own, and nothing of the first ones', () => {
  expect(otherKafka({})).toBeUndefined();
  expect(otherKafka({ ...HUB, KAFKA_CA_FILE: '/nowhere' })).toEqual({
    brokers: [HUB.HUB_KAFKA_BROKERS],
    clientId: 'api',
    partitions: 1,
    tls: {},
    signIn: { mechanism: 'plain', username: HUB.HUB_KAFKA_USERNAME, password: HUB.HUB_KAFKA_PASSWORD },
  });
});

const ofHub = (environment: Record<string, string>) =>
  hubBrokersOf(readConfig(z.object(hubBrokersSettings), environment), 'report-worker');

test('those of a hub have its prefix, and make a topic with as many partitions as the hub does', () => {
  expect(ofHub({})).toBeUndefined();
  const found = ofHub({ ...HUB, HUB_KAFKA_TOPIC_PREFIX: 'hub.' });
  expect(found).toEqual({
    brokers: [HUB.HUB_KAFKA_BROKERS],
    clientId: 'report-worker',
    prefix: 'hub.',
    tls: {},
    signIn: { mechanism: 'plain', username: HUB.HUB_KAFKA_USERNAME, password: HUB.HUB_KAFKA_PASSWORD },
  });
});

test.each([
  [
    () => otherKafka({ ...HUB, HUB_KAFKA_CERT_FILE: '/x' }),
    'HUB_KAFKA_CERT_FILE and HUB_KAFKA_KEY_FILE belong together',
  ],
  [() => otherKafka({ HUB_KAFKA_BROKERS: 'sb://x' }), 'HUB_KAFKA_BROKERS'],
  [() => kafka({ KAFKA_USERNAME: 'u' }), 'KAFKA_USERNAME and KAFKA_PASSWORD belong together'],
  [() => kafka({ KAFKA_CERT_FILE: '/x' }), 'KAFKA_CERT_FILE and KAFKA_KEY_FILE belong together'],
  [() => kafka({ KAFKA_CA_FILE: '/nowhere' }), 'ENOENT'],
  [() => kafka({ KAFKA_BROKERS: '' }), 'KAFKA_BROKERS is missing'],
])('half of a pair, or a file that is not there, is refused: %#', (use, message) => {
  expect(use).toThrow(message);
});

test.each(['b:1', '10.0.0.1:9092', '[fd00::1]:9092', 'my_kafka-0.svc.cluster.local:65535, b:1'])(
  'brokers may be %s',
  (brokers) => {
    expect(kafka({ KAFKA_BROKERS: brokers }).brokers).toEqual(brokers.split(', '));
  },
);

test.each([
  'hunter2:pw@b:9092',
  'hunter2',
  'hunter2:0',
  'hunter2:65536',
  'hunter2:',
  ':9092',
  'kafka://hunter2:9092',
  'hunter2:9092/',
  'fd00::1:9092',
  'b:9092 hunter2:9092',
])('brokers that are not host and port are refused at once, and not repeated: %s', (broker) => {
  const use = () => kafka({ KAFKA_BROKERS: `b:9092,${broker}` });
  expect(use).toThrow(/KAFKA_BROKERS.*number 2 of 2 is not host:port/);
  expect(use).not.toThrow(/hunter2|fd00/);
});
