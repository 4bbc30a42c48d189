import { sourceName, tellsOfTime, type CoverageMark } from '@margay/coverage';
import type { Metrics } from '@margay/runtime';
import { METRICS, Readiness, type SourceLook } from '@margay/runtime/nest';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';

/** In milliseconds since the epoch, and in milliseconds. */
interface Heard {
  lastDelivery: number;
  newestFlow?: number;
  longestSilence: number;
}

/** Tells how the flow logs of this process are, in `/readyz` and as metrics: when each last delivered, how late, how long it was silent. */
@Injectable()
export class FlowsHealth implements OnModuleInit {
  readonly #readiness: Readiness;
  readonly #metrics: Metrics;
  readonly #heard = new Map<string, Heard>();

  constructor(@Inject(Readiness) readiness: Readiness, @Inject(METRICS) metrics: Metrics) {
    this.#readiness = readiness;
    this.#metrics = metrics;
  }

  onModuleInit(): void {
    this.#readiness.describe(() => this.#look(Date.now()));
    this.#metrics.onScrape(async () => {
      for (const { source, lastDelivery, longestSilence } of this.#look(Date.now())) {
        this.#metrics.lastDeliverySeconds.set(lastDelivery / 1_000, { source });
        this.#metrics.longestSilenceSeconds.set(longestSilence / 1_000, { source });
      }
    });
  }

  /** A mark of flows is durable. */
  delivered({ source, buckets }: CoverageMark): void {
    if (!tellsOfTime(source)) return;
    const now = Date.now();
    // As the coverage calls them: a log of flows may have the name of one of events.
    const name = `flows: ${sourceName(source)}`;
    const known = this.#heard.get(name) ?? { lastDelivery: now, longestSilence: 0 };
    known.longestSilence = Math.max(known.longestSilence, now - known.lastDelivery);
    known.lastDelivery = now;
    const newest = buckets.at(-1)?.last;
    if (newest !== undefined) known.newestFlow = Math.max(known.newestFlow ?? 0, newest / 1_000);
    this.#heard.set(name, known);
  }

  #look(now: number): SourceLook[] {
    return [...this.#heard]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([source, { lastDelivery, newestFlow, longestSilence }]) => ({
        source,
        isHeard: true,
        lastDelivery,
        ...(newestFlow !== undefined && { lag: Math.max(0, now - newestFlow) }),
        longestSilence: Math.max(longestSilence, now - lastDelivery),
        canaries: [],
      }));
  }
}
