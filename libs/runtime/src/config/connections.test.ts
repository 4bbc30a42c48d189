import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { expect, onTestFinished, test } from 'vitest';
import { elasticsearchOptionsOf, elasticsearchSettings } from './elasticsearch.ts';
import { kafkaOptionsOf, kafkaSettings } from './kafka.ts';
import { readConfig } from './read-config.ts';

function fileOf(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'margay-connections-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file');
  writeFileSync(path, content);
  return path;
}

const kafka = (environment: Record<string, string>) =>
  kafkaOptionsOf(readConfig(z.object(kafkaSettings), { KAFKA_BROKERS: 'k:9092', ...environment }), 'api');
const elasticsearch = (environment: Record<string, string>) =>
  elasticsearchOptionsOf(
    readConfig(z.object(elasticsearchSettings), { ELASTICSEARCH_URLS: 'http://e:9200', ...environment }),
    'a',
  );

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

test('nodes alone are enough, and an API key goes before a user', () => {
  expect(elasticsearch({})).toEqual({ nodes: ['http://e:9200'], cluster: 'a', prefix: 'margay' });
  const both = { ELASTICSEARCH_USERNAME: 'u', ELASTICSEARCH_PASSWORD: 'p' };
  expect(elasticsearch(both).signIn).toEqual({ username: 'u', password: 'p' });
  expect(elasticsearch({ ...both, ELASTICSEARCH_API_KEY: 'k' }).signIn).toEqual({ apiKey: 'k' });
});

test.each([
  [() => kafka({ KAFKA_USERNAME: 'u' }), 'KAFKA_USERNAME and KAFKA_PASSWORD belong together'],
  [() => kafka({ KAFKA_CERT_FILE: '/x' }), 'KAFKA_CERT_FILE and KAFKA_KEY_FILE belong together'],
  [() => elasticsearch({ ELASTICSEARCH_PASSWORD: 'p' }), 'ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD'],
  [() => kafka({ KAFKA_CA_FILE: '/nowhere' }), 'ENOENT'],
  [() => kafka({ KAFKA_BROKERS: '' }), 'KAFKA_BROKERS is missing'],
])('half of a pair, or a file that is not there, is refused: %#', (use, message) => {
  expect(use).toThrow(message);
});
