import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '@margay/runtime';
import * as z from 'zod';
import { expect, onTestFinished, test } from 'vitest';
import { kafkaOptionsOf, kafkaSettings } from './settings.ts';

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

test.each([
  [() => kafka({ KAFKA_USERNAME: 'u' }), 'KAFKA_USERNAME and KAFKA_PASSWORD belong together'],
  [() => kafka({ KAFKA_CERT_FILE: '/x' }), 'KAFKA_CERT_FILE and KAFKA_KEY_FILE belong together'],
  [() => kafka({ KAFKA_CA_FILE: '/nowhere' }), 'ENOENT'],
  [() => kafka({ KAFKA_BROKERS: '' }), 'KAFKA_BROKERS is missing'],
])('half of a pair, or a file that is not there, is refused: %#', (use, message) => {
  expect(use).toThrow(message);
});
