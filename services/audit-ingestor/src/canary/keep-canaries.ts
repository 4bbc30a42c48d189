import { setTimeout as sleep } from 'node:timers/promises';
import { canarySource, markOf, type Canary, type CoverageMark } from '@margay/coverage';
import { CANARY_OBJECT } from '@margay/ground';
import {
  CanaryWriter,
  followApiServers,
  followCanary,
  KubernetesClient,
  type CanaryNews,
  type Connection,
  type WrittenCanary,
} from '@margay/kubernetes';
import { together, type Log, type Metrics } from '@margay/runtime';
import type { CanarySettings } from '../options.ts';
import type { SourcesHealth } from '../health/sources-health.ts';
import { LostEvents } from './lost-events.ts';

interface Keeping extends CanarySettings {
  readonly cluster: string;
  readonly connection: Connection;
  readonly holder: string;
  readonly health: SourcesHealth;
  readonly deliver: (mark: CoverageMark) => Promise<void>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
}

/** What a watch of the canaries' object is called among sources. */
export const CANARY_WATCH = `watch/${CANARY_OBJECT.name}`;
const TELL_MILLISECONDS = 1_000;
const MINUTE_MILLISECONDS = 60_000;
/** Of two that could write, the other one does while it did within so many intervals. */
const OTHERS_TURN = 2.5;

/**
 * Writes canaries until the signal is aborted: a round each interval, never sooner, and no other request to an API server between two
 * that are one interval apart. What became of them is delivered as marks.
 * Rejected with what the delivery threw.
 */
export async function keepCanaries(keeping: Keeping): Promise<void> {
  const { connection, namespace = connection.namespace, holder, intervalMilliseconds } = keeping;
  const client = new KubernetesClient(connection);
  const standsMilliseconds = OTHERS_TURN * intervalMilliseconds;
  const writer = new CanaryWriter(connection, { namespace, holder, standsMilliseconds });
  const rounds = new Rounds({ ...keeping, namespace }, writer);
  try {
    await together(keeping.signal, (signal) => [
      rounds.keepServers(client, signal),
      rounds.keepWatch(client, signal),
      rounds.keepWriting(signal),
      rounds.keepTelling(signal),
    ]);
  } finally {
    writer.close();
    client.close();
  }
}

class Rounds {
  readonly #with: Keeping & { readonly namespace: string };
  readonly #writer: CanaryWriter;
  readonly #lost: LostEvents;
  #servers: readonly string[] = [];
  #known = Promise.withResolvers<void>();
  /** What was written here, as the object shows it. */
  #own = new Set<string>();
  /** When another one was seen to write, by a clock that does not jump. */
  #othersAt = -Infinity;
  #position = 0;
  #said: string | undefined;

  constructor(keeping: Keeping & { readonly namespace: string }, writer: CanaryWriter) {
    this.#with = keeping;
    this.#writer = writer;
    this.#lost = new LostEvents(writer);
  }

  async keepServers(client: KubernetesClient, signal: AbortSignal): Promise<void> {
    const { servers, log } = this.#with;
    if (servers !== undefined && servers.length > 0) return this.#take(servers);
    for await (const found of followApiServers(client, signal)) {
      if ('problem' in found) log.warn('The API servers are not known', { reason: found.problem });
      else this.#take(found.servers);
    }
  }

  #take(servers: readonly string[]): void {
    const { health, log } = this.#with;
    this.#servers = servers;
    health.known.keepServers(servers);
    if (servers.length === 0)
      log.warn('The Service kubernetes has no addresses: nothing is written', { setting: 'CANARY_SERVERS' });
    this.#known.resolve();
  }

  async keepWriting(signal: AbortSignal): Promise<void> {
    const { intervalMilliseconds } = this.#with;
    const stopped = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    await Promise.race([this.#known.promise, stopped]);
    if (await this.#isOthers()) await pause(intervalMilliseconds, signal);
    while (!signal.aborted) {
      const begun = performance.now();
      const isOurTurn = begun - this.#othersAt > OTHERS_TURN * intervalMilliseconds;
      const asked = isOurTurn ? await this.#round() : [];
      const length = asked.length === 0 ? intervalMilliseconds : roundWithLook(intervalMilliseconds);
      const until = async (share: number) =>
        pause(Math.max(0, Math.ceil(share * length - (performance.now() - begun))), signal);
      if (asked.length > 0) {
        await until(1 / 2);
        if (!signal.aborted) await this.#askForLost(asked);
      }
      await until(1);
    }
  }

  /** Whether another one wrote last: it is waited for whether it goes on. */
  async #isOthers(): Promise<boolean> {
    await this.#writer.look().catch(() => undefined);
    const { holder } = this.#writer;
    return holder !== undefined && holder !== '' && holder !== this.#with.holder;
  }

  /** @returns those whose API servers are to be asked what they lost before the next round. */
  async #round(): Promise<readonly WrittenCanary[]> {
    const { health, metrics, cluster } = this.#with;
    const sent = performance.now();
    const written = await this.#writer.round(this.#servers);
    for (const canary of written) {
      metrics.canariesTotal.add(1, { cluster, server: canary.server, outcome: canary.state });
      if (canary.state === 'written') {
        health.known.wrote({ ...canary, sent });
        this.#own.add(`${canary.sequence} ${canary.server}`);
      } else health.known.didNotWrite(canary.server, canary.message ?? '');
    }
    this.#say(written);
    await this.#publish(written);
    return this.#lost.due(this.#servers, written);
  }

  async #askForLost(asked: readonly WrittenCanary[]): Promise<void> {
    const lost = await this.#lost.look(asked, Date.now() * 1_000);
    const { metrics, cluster } = this.#with;
    for (const { server, count } of lost) metrics.apiServerLostTotal.add(count, { cluster, server });
    await this.#publish(lost.map(({ canary }) => canary));
  }

  #say(written: readonly WrittenCanary[]): void {
    const reason = written.find(({ state }) => state === 'failed')?.message;
    if (reason !== this.#said && reason !== undefined)
      this.#with.log.warn('A canary was not written', { reason });
    this.#said = reason;
  }

  async #publish(canaries: readonly Canary[]): Promise<void> {
    for (const [writer, own] of Map.groupBy(canaries, (canary) => canary.writer)) {
      // Positions are instants, since the marks of a writer must not overlap, across restarts too.
      const from = Math.max(this.#position, Date.now() * 1_000);
      this.#position = from + 1;
      await this.#with.deliver({ ...markOf(canarySource(writer), from, from + 1, []), canaries: own });
    }
  }

  async keepWatch(client: KubernetesClient, signal: AbortSignal): Promise<void> {
    for await (const news of followCanary(client, this.#with.namespace, signal)) this.#note(news);
  }

  #note(news: CanaryNews): void {
    const { health, log, namespace } = this.#with;
    const object = `${namespace}/${CANARY_OBJECT.name}`;
    switch (news.what) {
      case 'seen': {
        const isOwn =
          this.#own.delete(`${news.sequence} ${news.server}`) || news.holder === this.#with.holder;
        if (!isOwn && news.isNew) this.#othersAt = performance.now();
        health.known.watched(CANARY_WATCH, news, Date.now());
        break;
      }
      case 'changed':
        log.warn('Somebody wrote into the object of canaries: that write proves nothing', { object });
        break;
      case 'deleted':
        log.warn('Somebody deleted the object of canaries: it is made again', { object });
        this.#writer.forget();
        break;
      case 'problem':
        health.known.failed(
          CANARY_WATCH,
          `The Lease ${object} cannot be watched: ${news.error.message}`,
          Date.now(),
        );
        break;
    }
  }

  async keepTelling(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#with.health.tell();
      await pause(TELL_MILLISECONDS, signal);
    }
  }
}

/**
 * How long a round is in which API servers are asked for their counters, too, halfway: as long as two, so that they get no more
 * requests for it, and a minute at most, since canaries further apart prove less.
 */
const roundWithLook = (intervalMilliseconds: number): number =>
  Math.max(intervalMilliseconds, Math.min(2 * intervalMilliseconds, MINUTE_MILLISECONDS));

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, { signal }).catch(() => undefined);
