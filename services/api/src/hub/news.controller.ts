import { hubNews, type HubNews } from '@margay/contracts';
import { OnLoss, OnTopic, type Loss } from '@margay/messaging/nest';
import type { Metrics } from '@margay/runtime';
import { CLOCK, METRICS, type Clock } from '@margay/runtime/nest';
import { isUnusable, type Cell } from '@margay/storage';
import { CELL } from '@margay/storage/nest';
import { Controller, Inject, type OnModuleInit } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { WatchedCluster } from './cells.ts';
import { RefusedNews } from './read-news.ts';
import { takeNews } from './take-news.ts';

const GROUP = 'hub';

/** The token of the clusters that a hub is told of. */
export const WATCHED = 'WATCHED';

/** Keeps what cells tell of their clusters. What is not theirs to tell is set aside, and counted by cluster. */
@Controller()
export class NewsController implements OnModuleInit {
  readonly #watched: ReadonlyMap<string, WatchedCluster>;
  readonly #cell: Cell;
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  /** What is being kept, by cluster. */
  readonly #keeping = new Map<string, Promise<void>>();

  constructor(
    @Inject(WATCHED) watched: readonly WatchedCluster[],
    @Inject(CELL) cell: Cell,
    @Inject(CLOCK) clock: Clock,
    @Inject(METRICS) metrics: Metrics,
  ) {
    this.#watched = new Map(watched.map((each) => [each.cluster, each]));
    this.#cell = cell;
    this.#clock = clock;
    this.#metrics = metrics;
  }

  onModuleInit(): void {
    this.#metrics.onScrape(async () => {
      for (const cluster of this.#watched.keys()) {
        // One that cannot be read keeps none from being measured: /readyz names it.
        const standing = await this.#cell
          .of(cluster)
          .mirror!.standing()
          .catch(() => undefined);
        if (standing === undefined) continue;
        this.#metrics.hubHeardSeconds.set((standing.heard ?? 0) / 1_000_000, { cluster });
        this.#metrics.hubMissingEntries.set(standing.missingEntries, { cluster });
        const isOther = standing.forked !== undefined || standing.wentBackTo !== undefined;
        this.#metrics.hubLogOther.set(isOther ? 1 : 0, { cluster });
      }
    });
  }

  @OnTopic(hubNews, { group: GROUP })
  async keep(@Payload() some: readonly HubNews[]): Promise<void> {
    for (const news of some) await this.#inTurn(news.cluster, () => this.#keep(news));
  }

  @OnLoss([hubNews.name], { group: GROUP })
  async count(@Payload() loss: Loss): Promise<void> {
    if (loss.kind === 'hole') return;
    for (const { delivery, error } of loss.kind === 'of-unknown' ? loss.some : [loss]) {
      // Anybody may write any key.
      const cluster = this.#watched.has(delivery.key) ? delivery.key : '';
      this.#metrics.hubRefusedTotal.add(1, { cluster, reason: error.code });
    }
  }

  /** Partitions are handled side by side, and anybody may write of a cluster into any: what is read of it must still be so when it is kept. */
  async #inTurn(cluster: string, keep: () => Promise<void>): Promise<void> {
    const before = this.#keeping.get(cluster);
    const own = (async () => {
      await before?.catch(() => undefined);
      await keep();
    })();
    this.#keeping.set(cluster, own);
    try {
      await own;
    } finally {
      if (this.#keeping.get(cluster) === own) this.#keeping.delete(cluster);
    }
  }

  /** @throws RefusedNews */
  async #keep(news: HubNews): Promise<void> {
    const watched = this.#watched.get(news.cluster);
    if (watched === undefined)
      throw new RefusedNews(
        'unknown-cluster',
        'It is of a cluster that no cell of HUB_CELLS has: if it belongs to one, add it there, and publish the message again with margay dlq replay',
      );
    try {
      await takeNews(this.#cell.of(watched.cluster).mirror!, news, { watched, now: this.#clock() });
    } catch (error) {
      // The disk that is full is that of all clusters: what is told waits.
      if (!isUnusable(error) || error.code === 'full') throw error;
      throw new RefusedNews(
        'unreadable',
        `What there is of ${news.cluster} cannot be read: mend it as /readyz says, and have the cell tell all again with margay tell-hubs`,
        error,
      );
    }
  }
}
