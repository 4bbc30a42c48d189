/**
 * Topics between the services: publish, consume at least once, set aside what cannot be processed.
 *
 * The *bus* is a port with two adapters, an embedded durable log and Kafka. A *delivery* is a message with the place
 * that it came from; a *dead letter* is one that no retry can help. Ids that make repeats harmless are the business of
 * those who consume.
 */
export { SomeUnprocessable, Unprocessable } from './unprocessable.ts';
export {
  type Message,
  type Delivery,
  type Hole,
  type Bus,
  deadLetterTopic,
  DEAD_LETTER_HEADERS,
} from './bus/bus.ts';
export { placeName, placesSetAside, replayDeadLetters } from './replay.ts';
export { deletedBehind } from './behind.ts';
export { type Places, messagesBetween } from './bus/places.ts';
export { endsOfTopics, untilHandled } from './handled.ts';
export { openEmbeddedBus } from './bus/embedded.ts';
export { openKafkaBus } from './bus/kafka/kafka.ts';
export {
  hubBrokersOf,
  hubBrokersProblems,
  hubBrokersSettings,
  kafkaOptionsOf,
  kafkaSettings,
  otherBrokersProblems,
  otherBrokersSettings,
  topicElsewhereOf,
} from './bus/kafka/settings.ts';
export { consumeAsWritten, peekAll, publishAll, type OfUnknown } from './consume.ts';
export { openConfiguredBus, openLoggedBus } from './configured.ts';
