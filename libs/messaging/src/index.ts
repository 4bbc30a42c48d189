/**
 * Topics between the services: publish, consume at least once, set aside what cannot be processed.
 *
 * The *bus* is a port with two adapters, an embedded durable log and Kafka. A *delivery* is a message with the place
 * that it came from; a *dead letter* is one that no retry can help. Ids that make repeats harmless are the business of
 * those who consume.
 */
export * from './unprocessable.ts';
export * from './bus/bus.ts';
export { openEmbeddedBus, type EmbeddedBusOptions } from './bus/embedded.ts';
export { openKafkaBus } from './bus/kafka/kafka.ts';
export type { KafkaOptions, KafkaSignIn } from './bus/kafka/options.ts';
export { kafkaOptionsOf, kafkaSettings } from './bus/kafka/settings.ts';
export * from './consume.ts';
export * from './registry/schema-registry.ts';
export * from './configured.ts';
