import { hubNews, type HubNews } from '@margay/contracts';
import { OnLoss, OnTopic, type Loss, type TopicContext } from '@margay/messaging/nest';
import type { Metrics } from '@margay/runtime';
import { CLOCK, METRICS, type Clock } from '@margay/runtime/nest';
import { OtherLog, type Cell } from '@margay/storage';
import { CELL } from '@margay/storage/nest';
import { Controller, Inject, type OnModuleInit } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import type { WatchedCluster } from './cells.ts';
import { readNews, RefusedNews } from './read-news.ts';

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
        const standing = await this.#cell.of(cluster).mirror!.standing();
        const missing = standing.missing.reduce((sum, { from, to }) => sum + to - from + 1, 0);
        this.#metrics.hubHeardSeconds.set((standing.heard ?? 0) / 1_000_000, { cluster });
        this.#metrics.hubMissingEntries.set(missing, { cluster });
        const isOther = standing.forked !== undefined || standing.wentBackTo !== undefined;
        this.#metrics.hubLogOther.set(isOther ? 1 : 0, { cluster });
      }
    });
  }

  @OnTopic(hubNews, { group: GROUP })
  async keep(@Payload() some: readonly HubNews[], @Ctx() { deliveries }: TopicContext): Promise<void> {
    for (const [i, news] of some.entries()) await this.#keep(news, deliveries[i]!.publishedAt * 1_000);
  }

  @OnLoss([hubNews.name], { group: GROUP })
  async count(@Payload() loss: Loss): Promise<void> {
    if (loss.kind === 'hole') return;
    const { delivery, error } = loss;
    // Anybody may write any key.
    const cluster = this.#watched.has(delivery.key) ? delivery.key : '';
    this.#metrics.hubRefusedTotal.add(1, { cluster, reason: error.code });
  }

  /** @throws RefusedNews */
  async #keep(news: HubNews, publishedAt: number): Promise<void> {
    try {
      const watched = this.#watched.get(news.cluster);
      if (watched === undefined)
        throw new RefusedNews(
          'unknown-cluster',
          'It is of a cluster that no cell of HUB_CELLS has: if it belongs to one, add it there, and publish the message again with margay dlq replay',
        );
      // The clock of a cell may be ahead.
      const toldAt = Math.min(publishedAt, this.#clock());
      const told = readNews(news, watched);
      await this.#cell.of(watched.cluster).mirror!.keep({ ...told, toldAt });
    } catch (error) {
      throw error instanceof OtherLog ? new RefusedNews(error.code, error.message, error) : error;
    }
  }
}
