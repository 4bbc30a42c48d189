import { readConfig } from '@margay/runtime';
import { expect, test } from 'vitest';
import { config } from './config.ts';

const GIVEN = { KAFKA_BROKERS: 'k:9092', ELASTICSEARCH_URLS: 'http://e:9200' };
const HUB = { HUB_KAFKA_BROKERS: 'hub:9093' };
const KEY = { LEDGER_KEY: 'a key' };

test.each([
  ['no hub', {}],
  ['a hub on the brokers of the cell', KEY],
  [
    'a hub on brokers of its own',
    { ...KEY, ...HUB, HUB_KAFKA_USERNAME: 'u', HUB_KAFKA_TOPIC_PREFIX: 'hub.' },
  ],
])('fit: %s', (_, environment) => {
  expect(() => readConfig(config, { ...GIVEN, ...environment })).not.toThrow();
});

test.each([
  [
    HUB,
    'HUB_KAFKA_BROKERS (not shown): a hub is told of reports that are in the log of reports alone: set LEDGER_KEY, too',
  ],
  [
    { HUB_KAFKA_USERNAME: 'u', HUB_KAFKA_PASSWORD: 'p' },
    'HUB_KAFKA_USERNAME is "u": it is about the brokers of a hub: set HUB_KAFKA_BROKERS, too',
  ],
  [
    { HUB_KAFKA_TOPIC_PREFIX: 'hub.' },
    'HUB_KAFKA_TOPIC_PREFIX is "hub.": it is about the brokers of a hub: set HUB_KAFKA_BROKERS, too',
  ],
  [{ ...KEY, HUB_KAFKA_BROKERS: 'sb://x' }, 'HUB_KAFKA_BROKERS'],
])('%j is refused', (environment, message) => {
  expect(() => readConfig(config, { ...GIVEN, ...environment })).toThrow(message);
});
