import { gzipSync } from 'node:zlib';
import { consumeAsWritten, openKafkaBus } from '@margay/messaging';
import { Kafka, logLevel } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { topicTexts, type TopicText } from './topic-texts.ts';

const broker = process.env['MARGAY_TEST_KAFKA'] ?? '';

test('messages without keys, tombstones and gzip from a foreign producer, over two consumers in turn', async () => {
  const topic = `raw-${process.pid}-${Date.now()}`;
  const kafka = new Kafka({ clientId: 'forwarder', brokers: [broker], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
  const producer = kafka.producer();
  await producer.connect();
  onTestFinished(async () => {
    await Promise.all([producer.disconnect(), admin.disconnect()]);
  });
  const send = (...values: (string | Buffer | null)[]) =>
    producer.send({ topic, messages: values.map((value) => ({ value })) });

  const consume = async (until: number) => {
    const bus = await openKafkaBus({ brokers: [broker], clientId: 'test' });
    const stop = new AbortController();
    const seen: TopicText[] = [];
    await consumeAsWritten(
      bus,
      topic,
      'ingestor',
      async (deliveries) => {
        seen.push(...(await topicTexts(deliveries)));
        if (seen.length >= until) stop.abort();
      },
      { signal: stop.signal },
    );
    await bus.close();
    return seen.map(({ text }) => text).sort();
  };

  await send('{"a":1}', null, gzipSync('{"b":1}\n{"b":2}'));
  expect(await consume(2)).toEqual(['{"a":1}', '{"b":1}\n{"b":2}']);
  await send('{"c":1}', '{"d":1}');
  expect(await consume(2)).toEqual(['{"c":1}', '{"d":1}']);
});
