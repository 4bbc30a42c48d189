import { randomUUID } from 'node:crypto';
import { readConfig } from '@margay/runtime';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { openKafkaBus } from './kafka.ts';
import { kafkaOptionsOf, kafkaSettings } from './settings.ts';

const brokers = process.env['MARGAY_TEST_KAFKA_SECURED'];

/** As a service opens its bus: from its settings. */
async function open(more: Record<string, string>) {
  const environment = {
    KAFKA_BROKERS: brokers ?? '',
    KAFKA_CA_FILE: process.env['MARGAY_TEST_KAFKA_CA'] ?? '',
    KAFKA_USERNAME: 'margay',
    KAFKA_PASSWORD: 'margay-secret',
    KAFKA_TOPIC_PREFIX: `secured-${randomUUID()}-`,
    KAFKA_PARTITIONS: '1',
    ...more,
  };
  const bus = await openKafkaBus(kafkaOptionsOf(readConfig(z.object(kafkaSettings), environment), 'test'));
  onTestFinished(() => bus.close());
  return bus;
}

const value = new TextEncoder().encode('hello');

describe.skipIf(brokers === undefined)('a broker with TLS and SASL', () => {
  test.each(['scram-sha-512', 'scram-sha-256', 'plain'])(
    '%s: messages go there and come back',
    async (mechanism) => {
      const bus = await open({ KAFKA_SASL_MECHANISM: mechanism });
      await bus.publish('greetings', [{ key: 'a', value }]);
      const stop = new AbortController();
      const seen: string[] = [];
      await bus.consume(
        'greetings',
        'g',
        async (batch) => {
          seen.push(...batch.map((delivery) => new TextDecoder().decode(delivery.value)));
          stop.abort();
        },
        { signal: stop.signal },
      );
      expect(seen).toEqual(['hello']);
    },
  );

  test('a wrong password says that it is one', async () => {
    const bus = await open({ KAFKA_PASSWORD: 'wrong' });
    await expect(bus.publish('greetings', [{ key: 'a', value }])).rejects.toThrow(/check the credentials/);
  });

  test('a certificate of an authority that is not trusted is refused', async () => {
    const bus = await open({ KAFKA_CA_FILE: '', KAFKA_TLS: 'true' });
    await expect(bus.publish('greetings', [{ key: 'a', value }])).rejects.toThrow(/TLS/);
  });
});
