import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { hubNews, type HubNews } from '@margay/contracts';
import { pauseAfter, type Pauses } from '@margay/ground';
import { publishAll, type Bus } from '@margay/messaging';
import { OnTopic, type TopicContext } from '@margay/messaging/nest';
import { reasonOf, type Log } from '@margay/runtime';
import { LOG, Readiness } from '@margay/runtime/nest';
import { Controller, Inject, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { WORKER_OPTIONS, type WorkerOptions } from './worker-options.ts';

/** The token of the bus of a hub. */
export const HUB_BUS = 'HUB_BUS';

/** On what was handed on: which process did. */
const HANDED_ON = 'handed-on-by';

const PAUSES: Pauses = { first: 1_000, longest: 60_000 };

/**
 * Hands on to the brokers of a hub what hubs are told here. The cell's own topic keeps it until it is there, so that nothing in the cell waits
 * for a hub, and a worker that ends meanwhile loses nothing: the hub takes what comes twice for once.
 */
@Controller()
export class HubFeedController implements OnModuleInit, OnApplicationShutdown {
  readonly #hub: Bus;
  readonly #pauses: Pauses;
  readonly #log: Log;
  readonly #readiness: Readiness;
  readonly #id = randomUUID();
  /** Why nothing can be handed on just now. */
  #away: string | undefined;
  /** The brokers of the hub are those of the cell, and its topic is the same. */
  #isSame = false;

  constructor(
    @Inject(HUB_BUS) hub: Bus,
    @Inject(WORKER_OPTIONS) { hubPauses = PAUSES }: WorkerOptions,
    @Inject(LOG) log: Log,
    @Inject(Readiness) readiness: Readiness,
  ) {
    this.#hub = hub;
    this.#pauses = hubPauses;
    this.#log = log;
    this.#readiness = readiness;
  }

  onModuleInit(): void {
    this.#readiness.add('hub-kafka', () => {
      const words = this.#words();
      return words === undefined ? undefined : { warning: words };
    });
  }

  @OnTopic(hubNews, { group: 'hub-feed' })
  async handOn(
    @Payload() some: readonly HubNews[],
    @Ctx() { deliveries, signal }: TopicContext,
  ): Promise<void> {
    // What came back would go round for ever.
    const own = some.filter((_, i) => deliveries[i]!.headers[HANDED_ON] === undefined);
    if (deliveries.some(({ headers }) => headers[HANDED_ON] === this.#id)) this.#saySame();
    if (own.length > 0) await this.#publish(own, signal);
  }

  onApplicationShutdown(): Promise<void> {
    return this.#hub.close();
  }

  async #publish(news: readonly HubNews[], signal: AbortSignal): Promise<void> {
    for (let outages = 1; ; outages++) {
      try {
        await publishAll(this.#hub, hubNews, news, [], { [HANDED_ON]: this.#id });
        if (this.#away !== undefined) this.#log.info('What a hub is told goes on to its brokers again', {});
        this.#away = undefined;
        return;
      } catch (error) {
        const reason = reasonOf(error);
        if (this.#away !== reason)
          this.#log.warn('What a hub is told waits for its brokers', { reason, error });
        this.#away = reason;
        await sleep(pauseAfter(outages, this.#pauses), undefined, { signal });
      }
    }
  }

  #saySame(): void {
    if (!this.#isSame) this.#log.error(SAME, {});
    this.#isSame = true;
  }

  #words(): string | undefined {
    if (this.#isSame) return SAME;
    if (this.#away === undefined) return undefined;
    return `What a hub is told waits in ${hubNews.name}, and goes on by itself when the brokers of the hub take it: ${this.#away}`;
  }
}

const SAME = `The brokers and the prefix of the hub name the topic ${hubNews.name} of this cell itself, where a hub finds all without being handed anything: unset HUB_KAFKA_BROKERS`;
