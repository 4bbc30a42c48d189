import { setTimeout as sleep } from 'node:timers/promises';
import { isOfFlows, tellsOfTime } from '@margay/coverage';
import type { Change } from '@margay/history';
import type { Bus } from '@margay/messaging';
import { BUS } from '@margay/messaging/nest';
import { Stages } from '@margay/runtime/nest';
import { evidenceLag } from '@margay/snapshotter';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { publishBaseline } from '../publish-baseline.ts';
import type { BaselineFiles } from '../read-baseline.ts';
import type { Tell } from './up-event.ts';

/** Lists of the cluster to take in, if any. */
export interface BaselineOnceOptions {
  readonly cluster: string;
  /** The uid that somebody says of the cluster. */
  readonly uid?: string | undefined;
  readonly files?: BaselineFiles;
  readonly admit: (changes: readonly Change[]) => void;
  readonly tell: Tell;
}

/** The token of {@link BaselineOnceOptions}. */
export const BASELINE_OPTIONS = 'BASELINE_OPTIONS';

const POLL_MILLISECONDS = 50;
/** Logs that have told nothing new for so long are taken to be read, as far as they go. */
const QUIET_MILLISECONDS = 10_000;

/** Takes lists of the cluster in, when what is known of their time is in the stores. */
@Injectable()
export class BaselineOnce {
  readonly #options: BaselineOnceOptions;
  readonly #bus: Bus;
  readonly #stores: Stores;

  constructor(
    @Inject(BASELINE_OPTIONS) options: BaselineOnceOptions,
    @Inject(BUS) bus: Bus,
    @Inject(STORES) stores: Stores,
  ) {
    this.#options = options;
    this.#bus = bus;
    this.#stores = stores;
  }

  /** Publishes the lists; everything that logs have told has to be kept. @throws Error that says why they are not used. */
  async take(): Promise<void> {
    const { cluster, uid, files, admit, tell } = this.#options;
    if (files === undefined) return;
    const target = { bus: this.#bus, stores: this.#stores, cluster, uid };
    const taken = await publishBaseline(files, target, admit);
    tell({ kind: 'baseline', ...taken });
  }

  /** The same where logs go on growing: when all of them have come to the time of the lists, or tell nothing new. */
  async takeWhenReached(signal: AbortSignal): Promise<void> {
    const { files } = this.#options;
    if (files === undefined) return;
    let told = '';
    let toldAt = Date.now();
    while (!signal.aborted) {
      const deliveries = (await this.#stores.coverage.deliveries()).filter(
        ({ source }) => tellsOfTime(source) && !isOfFlows(source),
      );
      const isReached = deliveries.length > 0 && deliveries.every(({ last = -Infinity }) => last >= files.at);
      const now = JSON.stringify(deliveries.map(({ source, lines }) => [source, lines]));
      if (now !== told) toldAt = Date.now();
      told = now;
      const isKept = (await evidenceLag(this.#bus)) === 0;
      if (isKept && (isReached || Date.now() - toldAt > QUIET_MILLISECONDS)) return this.take();
      await sleep(POLL_MILLISECONDS * 10);
    }
  }
}

/** Takes the lists in where logs go on growing, as a stage of its own. */
@Injectable()
export class FollowedBaseline implements OnApplicationBootstrap {
  readonly #baseline: BaselineOnce;
  readonly #stages: Stages;

  constructor(@Inject(BaselineOnce) baseline: BaselineOnce, @Inject(Stages) stages: Stages) {
    this.#baseline = baseline;
    this.#stages = stages;
  }

  onApplicationBootstrap(): void {
    this.#stages.keep('baseline', (signal) => this.#baseline.takeWhenReached(signal));
  }
}
