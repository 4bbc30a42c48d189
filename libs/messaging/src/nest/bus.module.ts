import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { Log, Metrics } from '@margay/runtime';
import { LOG, METRICS, Readiness, Stages, Transports } from '@margay/runtime/nest';
import type { Bus } from '../bus/bus.ts';
import { withTopicsElsewhere } from '../bus/elsewhere.ts';
import { openEmbeddedBus } from '../bus/embedded.ts';
import type { KafkaOptions } from '../bus/kafka/options.ts';
import type { KafkaConfig } from '../bus/kafka/settings.ts';
import { openConfiguredBus, openLoggedBus } from '../configured.ts';
import { strayHandlers } from './stray-handlers.ts';
import { TopicServer } from './topic-server.ts';

/** The token of the clusters whose messages are handled; undefined for all. */
const CLUSTERS = 'BUS_CLUSTERS';

/** The token of the bus. */
export const BUS = 'BUS';

/** A topic that is on other brokers. */
interface TopicElsewhere {
  readonly topic: string;
  readonly brokers: KafkaOptions;
}

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
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(CLUSTERS) clusters: readonly string[] | undefined,
  ) {
    this.#bus = bus;
    transports.add(new TopicServer(bus, stages, log, metrics, () => strayHandlers(modules), clusters));
  }

  /**
   * Kafka, as the settings say; with a schema registry the schemas are registered before the first message is published.
   *
   * @param service what the brokers' logs and quotas call it.
   * @param topic one that the service uses anyway, whose end shows that the brokers answer: another one would be made, and would need a right.
   * @param clusters whose messages are handled: any other's are set aside; all unless given.
   * @param elsewhere what is read of other brokers.
   */
  static kafka(
    config: KafkaConfig,
    service: string,
    topic: string,
    clusters?: readonly string[],
    elsewhere?: TopicElsewhere,
  ): DynamicModule {
    return moduleOf(async (log, readiness) => {
      const unfit = new Set<string>();
      const bus = await openConfiguredBus(config, service, log, (name, why) => unfit.add(`${name}: ${why}`));
      readiness.add('topics', () => unfitWords(unfit));
      readiness.add('kafka', async () => void (await bus.ends(topic)));
      const { registry } = bus;
      // What it once said stays known: after that it may be away.
      if (registry !== undefined) readiness.add('schema-registry', () => registry.registered());
      if (elsewhere === undefined) return bus;
      const other = await openLoggedBus(elsewhere.brokers, log);
      readiness.add('other-kafka', async () => void (await other.ends(elsewhere.topic)));
      return withTopicsElsewhere(bus, other, [elsewhere.topic]);
    }, clusters);
  }

  /** The embedded bus in a folder, for services in one process. */
  static embedded(directory: string): DynamicModule {
    return BusModule.opened(async () => openEmbeddedBus(directory));
  }

  /** Any other, opened when the application is made. */
  static opened(open: () => Promise<Bus>, clusters?: readonly string[]): DynamicModule {
    return moduleOf(open, clusters);
  }

  onApplicationShutdown(): Promise<void> {
    return this.#bus.close();
  }
}

/** What does not fit of the topics that were used, for people; they work all the same. */
const unfitWords = (unfit: ReadonlySet<string>): { readonly warning: string } | undefined =>
  unfit.size === 0 ? undefined : { warning: [...unfit].join('. ') };

function moduleOf(
  open: (log: Log, readiness: Readiness) => Promise<Bus>,
  clusters?: readonly string[],
): DynamicModule {
  return {
    module: BusModule,
    providers: [
      { provide: BUS, inject: [LOG, Readiness], useFactory: open },
      { provide: CLUSTERS, useValue: clusters },
    ],
    exports: [BUS],
  };
}
