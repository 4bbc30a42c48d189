import { topics } from '@margay/contracts';
import type { Log } from '@margay/runtime';
import type { Bus } from './bus/bus.ts';
import { openKafkaBus } from './bus/kafka/kafka.ts';
import type { KafkaOptions } from './bus/kafka/options.ts';
import { schemaRegistry } from './registry/schema-registry.ts';
import { kafkaOptionsOf, schemaRegistryOptionsOf, type KafkaConfig } from './bus/kafka/settings.ts';

/** A bus on Kafka whose client's lines go to the log. */
export const openLoggedBus = (options: KafkaOptions, log: Log): Promise<Bus> =>
  openKafkaBus({ ...options, log: (level, message, details) => log[level](message, { ...details }) });

/**
 * The bus that settings name. With a schema registry the schemas are registered before the first message is published.
 *
 * @param service what the brokers' logs and quotas call it. @param onUnfit see `KafkaOptions`.
 */
export async function openConfiguredBus(
  config: KafkaConfig,
  service: string,
  log: Log,
  onUnfit?: (topic: string, message: string) => void,
): Promise<Bus> {
  const bus = await openLoggedBus(
    { ...kafkaOptionsOf(config, service), ...(onUnfit !== undefined && { onUnfit }) },
    log,
  );
  const kept = schemaRegistryOptionsOf(config);
  if (kept === undefined) return bus;
  return { ...bus, registry: schemaRegistry(kept, topics) };
}
