import { expect, test } from 'vitest';
import { explainedKafka } from './client.ts';

const options = { brokers: ['kafka:9092'], clientId: 'test' };
const of = (name: string, type?: string, cause?: Error) =>
  Object.assign(new Error('the message', { cause }), { name, ...(type !== undefined && { type }) });

test.each([
  [of('KafkaJSProtocolError', 'MESSAGE_TOO_LARGE'), /max\.message\.bytes/],
  [of('KafkaJSSASLAuthenticationError'), /user name or password/],
  [of('KafkaJSProtocolError', 'TOPIC_AUTHORIZATION_FAILED'), /lacks rights/],
  [of('KafkaJSProtocolError', 'GROUP_AUTHORIZATION_FAILED'), /lacks rights/],
  [of('KafkaJSProtocolError', 'INVALID_REPLICATION_FACTOR'), /lower the replication factor/],
  [of('KafkaJSNumberOfRetriesExceeded', undefined, of('KafkaJSConnectionError')), /No broker answers/],
  [
    of('KafkaJSNumberOfRetriesExceeded', undefined, of('KafkaJSProtocolError', 'NOT_ENOUGH_REPLICAS')),
    /in sync/,
  ],
])('%s says what to do', (error, advice) => {
  const explained = explainedKafka(error, 'publishing', options);
  expect(explained.message).toMatch(/^Kafka at kafka:9092: publishing failed \(the message\)/);
  expect(explained.message).toMatch(advice);
  expect(explained.cause).toBe(error);
});

test('other errors stay as they are', () => {
  const error = new Error('of a handler');
  expect(explainedKafka(error, 'consuming', options)).toBe(error);
});
