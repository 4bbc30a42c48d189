import { failureOf } from '@margay/runtime';
import { KafkaJSAggregateError } from 'kafkajs';
import { expect, test } from 'vitest';
import { explainedKafka } from './client.ts';

const options = { brokers: ['kafka:9092'], clientId: 'test' };
const of = (name: string, type?: string, cause?: Error) =>
  Object.assign(new Error('the message', { cause }), { name, ...(type !== undefined && { type }) });

const gathering = (error: Error) =>
  new KafkaJSAggregateError('the message', [Object.assign(error, { message: 'topic a' })]);

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
  // How the client says that some of several topics were not made.
  [gathering(of('KafkaJSCreateTopicError', 'TOPIC_AUTHORIZATION_FAILED')), /: topic a\).*lacks rights/],
  [gathering(of('KafkaJSCreateTopicError', 'INVALID_REPLICATION_FACTOR')), /lower the replication factor/],
  [of('KafkaJSNumberOfRetriesExceeded', undefined, gathering(of('X', 'NOT_ENOUGH_REPLICAS'))), /in sync/],
])('%s says what to do', (error, advice) => {
  const explained = explainedKafka(error, 'publishing', options) as Error;
  expect(explained.message).toMatch(/^Kafka at kafka:9092: publishing failed \(the message/);
  expect(explained.message).toMatch(advice);
  expect(explained.cause).toBe(error);
});

test('an error of the brokers without advice names them too', () => {
  expect(explainedKafka(of('KafkaJSNonRetriableError'), 'consuming', options)).toMatchObject({
    message: 'Kafka at kafka:9092: consuming failed (the message).',
  });
});

test.each(['Elasticsearch', 'Schema registry', 'Kubernetes API', 'Database', 'Webhook'] as const)(
  'what %s did in a handler stays its failure, whatever it and what wraps it are called',
  (part) => {
    const failed = failureOf({
      part,
      at: ['http://it'],
      doing: 'x',
      said: 'ConnectionTimeout',
      passes: true,
    });
    expect(explainedKafka(failed, 'consuming', options)).toBe(failed);
    const wrapped = of('KafkaJSNumberOfRetriesExceeded', undefined, failed);
    expect(explainedKafka(wrapped, 'consuming', options)).toBe(wrapped);
  },
);

test('other errors stay as they are', () => {
  for (const error of [new Error('of a handler'), of('ConnectionError'), of('TimeoutError')])
    expect(explainedKafka(error, 'consuming', options)).toBe(error);
});

test('errors that hold each other come to an end', () => {
  const error = gathering(of('KafkaJSCreateTopicError'));
  error.errors.push(error as never);
  expect(explainedKafka(error, 'consuming', options)).toMatchObject({
    message: 'Kafka at kafka:9092: consuming failed (the message: topic a).',
  });
});
