import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { resourceChanges, topics } from '@margay/contracts';
import type { Log, Metrics } from '@margay/runtime';
import { LOG, METRICS, Readiness, Stages, Transports } from '@margay/runtime/nest';
import type { Bus } from '../bus/bus.ts';
import { openEmbeddedBus } from '../bus/embedded.ts';
import { openKafkaBus } from '../bus/kafka/kafka.ts';
import { schemaRegistry } from '../registry/schema-registry.ts';
import { TopicServer } from './topic-server.ts';
import { kafkaOptionsOf, schemaRegistryOptionsOf, type KafkaConfig } from '../bus/kafka/settings.ts';

/** The token of the bus. */
export const BUS = 'BUS';

/** The bus of an application, and the server that gives its topics to controllers. It is closed with the application. */
@Module({})
export class BusModule implements OnApplicationShutdown {
  readonly #bus: Bus;

  constructor(
    @Inject(BUS) bus: Bus,
    @Inject(Transports) transports: Transports,
    @Inject(Stages) stages: Stages,
    @Inject(LOG) log: Log,
    @Inject(METRICS) metrics: Metrics,
  ) {
    this.#bus = bus;
    transports.add(new TopicServer(bus, stages, log, metrics));
  }

  /**
   * Kafka, as the settings say; with a schema registry the schemas are registered first.
   *
   * @param service what the brokers' logs and quotas call it.
   */
  static kafka(config: KafkaConfig, service: string): DynamicModule {
    return moduleOf(async (log, readiness) => {
      const bus = await openFromSettings(config, service, log);
      readiness.add('kafka', async () => void (await bus.lag(resourceChanges.name, 'readiness')));
      return bus;
    });
  }

  /** The embedded bus in a folder, for services in one process. */
  static embedded(directory: string): DynamicModule {
    return moduleOf(async () => openEmbeddedBus(directory));
  }

  onApplicationShutdown(): Promise<void> {
    return this.#bus.close();
  }
}

function moduleOf(open: (log: Log, readiness: Readiness) => Promise<Bus>): DynamicModule {
  return {
    module: BusModule,
    providers: [{ provide: BUS, inject: [LOG, Readiness], useFactory: open }],
    exports: [BUS],
  };
}

async function openFromSettings(config: KafkaConfig, service: string, log: Log): Promise<Bus> {
  const bus = await openKafkaBus({
    ...kafkaOptionsOf(config, service),
    log: (level, message, details) => log[level](message, { ...details }),
  });
  const kept = schemaRegistryOptionsOf(config);
  if (kept === undefined) return bus;
  const registry = schemaRegistry(kept);
  await registry.register(topics);
  return { ...bus, registry };
}
