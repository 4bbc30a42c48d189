import { resourceChanges, topics } from '@margay/contracts';
import type { Log, Metrics } from '@margay/runtime';
import type { Bus } from './bus/bus.ts';
import { openKafkaBus } from './bus/kafka/kafka.ts';
import type { HandleOptions } from './consume.ts';
import { schemaRegistry } from './registry/schema-registry.ts';
import { kafkaOptionsOf, schemaRegistryOptionsOf, type KafkaConfig } from './bus/kafka/settings.ts';

/** The token under which a service's module provides its bus. */
export const BUS = 'BUS';

/** The part of a service's process that a bus needs. */
interface BusProcess {
  readonly config: KafkaConfig;
  readonly log: Log;
}

/**
 * Provides the bus of a service as its settings say. With a schema registry the schemas are registered first.
 *
 * @param service what the brokers' logs and quotas call it.
 */
export const busProvider = ({ config, log }: BusProcess, service: string) => ({
  provide: BUS,
  useFactory: async (): Promise<Bus> => {
    const bus = await openKafkaBus({
      ...kafkaOptionsOf(config, service),
      log: (level, message, details) => log[level](message, { ...details }),
    });
    const kept = schemaRegistryOptionsOf(config);
    if (kept === undefined) return bus;
    const registry = schemaRegistry(kept);
    await registry.register(topics);
    return { ...bus, registry };
  },
});

/** How a service handles its topics: every dead letter is logged and counted. */
export const handling = (
  { log, metrics }: { log: Log; metrics: Metrics },
  signal: AbortSignal,
): HandleOptions => ({
  signal,
  onDeadLetter: ({ topic, partition, offset }, { code, message }) => {
    metrics.deadLettersTotal.add(1, { topic, reason: code });
    log.error('A message was set aside on the dead-letter topic', {
      topic,
      partition,
      offset,
      code,
      reason: message,
    });
  },
});

/** Measures, with every exposition, how many messages of each topic wait for the group. */
export function measureLag(bus: Bus, metrics: Metrics, group: string, names: readonly string[]): void {
  metrics.onScrape(async () => {
    for (const topic of names) metrics.lagMessages.set(await bus.lag(topic, group), { topic, group });
  });
}

/** A readiness check: the broker answers a small question. */
export const busAnswers = (bus: Bus) => async (): Promise<undefined> => {
  await bus.lag(resourceChanges.name, 'readiness');
  return undefined;
};
